# Leaving a fibre line costs 240.00 in the first year of its term and 120.00 in the second; after 24 months it costs
# nothing, but notice of a month is to be given. The line is billed in arrears. Figures are made by hand; VAT 19 %.
business businesses/heron.yaml catalogue businesses/heron-terms-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer fibre
2026-01-01 account A2 "Ben Example" consumer bill-day 1
2026-01-01 contract C2 of A2 offer fibre
2026-01-01 account A3 "Cai Example" consumer bill-day 1
2026-01-01 contract C3 of A3 offer fibre line cai
2026-01-01 refused ends_within_term contract C9 of A3 offer fibre until 2027-06-01
2026-01-01 account A4 "Dee Example" consumer bill-day 1
2026-01-01 contract C4 of A4 offer fibre

# A year less a day: eleven months and 30 of December's 31 days, 330.00 + 29.0323, and 240.00.
2026-12-31 end contract C1
2026-12-31 bill run
2026-12-31 expect line A1 "Fibre" quantity 12 net 359.03
2026-12-31 expect line A1 "Early termination" quantity 1 net 240.00
2026-12-31 expect invoice A1 net 599.03 tax 113.82 total 712.85 EUR

# A year to the day: December, for the other months were billed the day before, and 120.00. Dee moves to where there is
# no fibre, and is let go without a charge.
2027-01-01 end contract C2
2027-01-01 end contract C4 charge waived
2027-01-01 bill run
2027-01-01 expect invoice A2 net 150.00 tax 28.50 total 178.50 EUR
2027-01-01 expect invoice A4 net 30.00 tax 5.70 total 35.70 EUR

# Notice in the last month of the term: a month later it is over. 9 of 31 days in January 2028: 8.71
2027-12-10 notice contract C3
2028-01-01 bill run
2028-01-09 contract run
2028-01-09 expect service C3 active
2028-01-10 contract run
2028-01-10 expect service C3 ended
2028-01-10 bill run
2028-01-10 expect invoice A3 net 8.71 tax 1.65 total 10.36 EUR
2028-01-10 expect books balance
