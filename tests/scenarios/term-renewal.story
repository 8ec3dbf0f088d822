# A term of 24 months that is renewed for another 12 unless notice is given three months before its end. Notice on
# 14 October is in time, notice on the 15th is a day late and binds for a year more.
business businesses/heron.yaml catalogue businesses/heron-terms-prices.yaml

2026-01-14 account A1 "Ada Example" consumer bill-day 1
2026-01-14 contract C1 of A1 offer mobile-24 msisdn 491700000001
2026-01-14 account A2 "Ben Example" consumer bill-day 1
2026-01-14 contract C2 of A2 offer mobile-24 msisdn 491700000002
2026-01-14 account A3 "Cai Example" consumer bill-day 1
2026-01-14 contract C3 of A3 offer mobile-24 msisdn 491700000003

2027-10-14 notice contract C1
2027-10-14 notice contract C3
2027-10-15 notice contract C2

# Third thoughts: C3 goes on after all.
2027-12-01 keep contract C3

2028-01-13 contract run
2028-01-13 expect service C1 active
2028-01-14 contract run
2028-01-14 expect service C1 ended
2028-01-14 expect service C2 active
2028-01-14 expect service C3 active
2028-01-14 expect network A1 activate end

# 18 of 31 days in January 2026, 23 months, 13 of 31 days in January 2028: 24 x 31.00 = 744.00, and all 24
# instalments, February 2026 to January 2028: 300.00. There is nothing to pay for leaving. VAT of 1,044.00 = 198.36
2028-01-14 bill run
2028-01-14 expect line A1 "Line" quantity 25 net 744.00
2028-01-14 expect line A1 "Handset" quantity 24 net 300.00
2028-01-14 expect invoice A1 net 1044.00 tax 198.36 total 1242.36 EUR

# C2 leaves half a year before the renewed term ends on 13 January 2029; the bill was drawn up for January 2028.
# 17 days of July are not served: 31.00 x 17 / 31 = 17.00. The rest of the term is that, August to December
# 5 x 31.00 = 155.00, and 13.00 of January: 185.00, half of it 92.50. The handset is paid off.
2028-07-01 bill run
2028-07-15 end contract C2
2028-07-15 bill run
2028-07-15 expect line A2 "Line" quantity -1 net -17.00
2028-07-15 expect line A2 "Early termination of C2" quantity 1 net 92.50
2028-07-15 expect invoice A2 net 75.50 tax 14.35 total 89.85 EUR
2028-07-15 expect books balance
