# A coupon of all there is: an invoice of nothing is an invoice, with nothing to collect. After it the line costs again,
# and what comes back at the end is an invoice below zero.
business businesses/sparrow.yaml catalogue businesses/sparrow-2020-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line
2026-01-01 grant account A1 coupon welcome "{less: 100 %, bills: 1}"
2026-01-01 bill run
2026-01-01 expect line A1 "Welcome: Access" quantity -1 net -29.95
2026-01-01 expect invoice A1 net 0.00 tax 0.00 total 0.00 EUR
2026-01-01 expect balance A1 0.00
2026-02-01 bill run
2026-02-01 expect invoice A1 net 29.95 tax 5.69 total 35.64 EUR
2026-02-03 pay A1 35.64 bank reference INV
# 14 of 28 days: 29.95 / 2 = 14.975 come back, printed 14.98; tax 19 % of exactly 14.975 = 2.84525
2026-02-15 end contract C1
2026-02-15 bill run
2026-02-15 expect invoice A1 net -14.98 tax -2.85 total -17.83 EUR
2026-02-15 expect balance A1 -17.83
2026-02-15 expect books balance
