# Ties go to the even cent: 1.005, 1.015 and -1.005 on three lines; VAT 20 % of exactly 1.015 is 0.203.
business businesses/tally-even.yaml catalogue businesses/tally-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line
2026-01-01 bill run
2026-01-01 expect line A1 "Odd" quantity 1 net 1.00
2026-01-01 expect line A1 "Even" quantity 1 net 1.02
2026-01-01 expect line A1 "Back" quantity 1 net -1.00
2026-01-01 expect invoice A1 net 1.02 tax 0.20 total 1.22 GBP
2026-01-01 expect books balance
