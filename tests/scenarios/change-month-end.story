# A bill day of 31 falls on the last day of short months and returns to its own.
business businesses/sparrow.yaml catalogue businesses/sparrow-plans-prices.yaml

2026-01-31 account A1 "Ada Example" consumer bill-day 31
2026-01-31 contract C1 of A1 offer large
2026-01-31 bill run
2026-01-31 expect invoice A1 net 37.20 tax 7.07 total 44.27 EUR
2026-02-28 bill run
2026-02-28 expect invoice A1 net 37.20 tax 7.07 total 44.27 EUR
2026-03-30 bill run
2026-03-30 expect no invoice A1
2026-03-31 bill run
2026-03-31 expect invoice A1 net 37.20 tax 7.07 total 44.27 EUR
2026-04-30 bill run
2026-04-30 expect invoice A1 net 37.20 tax 7.07 total 44.27 EUR
2026-04-30 expect books balance
