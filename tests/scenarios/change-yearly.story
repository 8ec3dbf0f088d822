# A year paid in advance and left after 59 of 365 days.
business businesses/sparrow.yaml catalogue businesses/sparrow-plans-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer yearly
2026-01-01 bill run
2026-01-01 expect invoice A1 net 365.00 tax 69.35 total 434.35 EUR
2026-03-01 end contract C1
2026-03-01 bill run
2026-03-01 expect invoice A1 net -306.00 tax -58.14 total -364.14 EUR
2026-03-01 expect balance A1 70.21
2026-03-01 expect books balance
