# The day of an upgrade belongs to the new plan; what was billed in advance and is not served comes back.
business businesses/sparrow.yaml catalogue businesses/sparrow-plans-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer small
2026-01-01 bill run
2026-01-01 expect invoice A1 net 15.50 tax 2.95 total 18.45 EUR

# 18 of 31 days are left: 9.00 come back, 18.00 and 3.60 are owed, and February in advance.
2026-01-14 change contract C1 to large
2026-02-01 bill run
2026-02-01 expect line A1 "Line" quantity 1 net 40.00
2026-02-01 expect line A1 "Plus" quantity 2 net 9.80
2026-02-01 expect invoice A1 net 49.80 tax 9.46 total 59.26 EUR
2026-02-01 expect books balance
