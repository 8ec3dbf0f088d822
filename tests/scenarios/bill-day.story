# Accounts move to another bill day. The cycles turn where the present one ends; the days until the new bill day are a
# cycle of their own, which costs the share of its days. Nothing is billed twice. Figures are made by hand; VAT 19 %.
business businesses/sparrow.yaml catalogue businesses/sparrow-bill-day-prices.yaml

2026-03-01 account A1 "Ada Example" consumer bill-day 1
2026-03-01 contract C1 of A1 offer large
2026-03-01 account A2 "Ben Example" consumer bill-day 15
2026-03-01 account A3 "Cai Example" consumer bill-day 1
2026-03-01 contract C3 of A3 offer saver msisdn 491700000003
2026-03-01 bill run
2026-03-01 expect invoice A1 net 37.20 tax 7.07 total 44.27 EUR

2026-03-10 bill-day A1 15
2026-03-10 bill-day A3 15
2026-03-15 contract C2 of A2 offer small
2026-03-15 bill run
2026-03-15 expect no invoice A1
2026-03-15 expect invoice A2 net 15.50 tax 2.95 total 18.45 EUR
2026-03-20 bill-day A2 1 first long

# Cai's calls: 50 minutes in March, 100 minutes at the very end of 14 April, 10 minutes on the 15th.
2026-04-01 usage mapping:businesses/calls.yaml <<END
id,line,at,seconds
c1,491700000003,2026-03-20T09:00:00,3000
END

# Ada: 14 of the 31 days from 15 March to 14 April, 31.00 x 14 / 31 = 14.00 and 6.20 x 14 / 31 = 2.80.
# Cai: March in arrears, 31.00, calls 5.00 and 5.00 more to make up the 10.00 that he agreed to.
2026-04-01 bill run
2026-04-01 expect line A1 "Line" quantity 1 net 14.00
2026-04-01 expect line A1 "Plus" quantity 1 net 2.80
2026-04-01 expect invoice A1 net 16.80 tax 3.19 total 19.99 EUR
2026-04-01 expect line A3 "Calls" quantity 3000 net 5.00
2026-04-01 expect invoice A3 net 41.00 tax 7.79 total 48.79 EUR

2026-04-15 usage mapping:businesses/calls.yaml <<END
id,line,at,seconds
c2,491700000003,2026-04-14T23:59:59,6000
c3,491700000003,2026-04-15T00:00:00,600
END
# Ada: a whole cycle. Ben is not billed on his old day. Cai: 14.00 for 14 days and calls for 10.00, more than the 4.52
# (10.00 x 14 / 31) that he agreed to for these days.
2026-04-15 bill run
2026-04-15 expect invoice A1 net 37.20 tax 7.07 total 44.27 EUR
2026-04-15 expect no invoice A2
2026-04-15 expect line A3 "Calls" quantity 6000 net 10.00
2026-04-15 expect invoice A3 net 24.00 tax 4.56 total 28.56 EUR

# Ben: 16 of April's 30 days, 15.50 x 16 / 30 = 8.2667, and May, 15.50, on one bill. VAT of exactly 23.7667 = 4.5157.
2026-05-01 bill run
2026-05-01 expect no invoice A1
2026-05-01 expect invoice A2 net 23.77 tax 4.52 total 28.29 EUR

# Half an hour of March comes late. It belongs to March, where 2.00 are still left of what Cai agreed to: 3.00 for the calls,
# 3.00 less to make up. The cycle from 15 April: 31.00, 1.00 for calls and 9.00 to make up.
2026-05-10 usage mapping:businesses/calls.yaml <<END
id,line,at,seconds
c4,491700000003,2026-03-31T23:59:59,1800
END
2026-05-15 bill run
2026-05-15 expect invoice A1 net 37.20 tax 7.07 total 44.27 EUR
2026-05-15 expect line A3 "Calls" quantity 2400 net 4.00
2026-05-15 expect invoice A3 net 41.00 tax 7.79 total 48.79 EUR

# Back again, and a leave: 15 of 31 days from 15 May are not served, 37.20 x 15 / 31 = 18.00.
2026-05-31 end contract C1
2026-05-31 bill run
2026-05-31 expect invoice A1 net -18.00 tax -3.42 total -21.42 EUR
2026-05-31 expect books balance
