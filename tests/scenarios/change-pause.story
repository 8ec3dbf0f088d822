# A contract rests: one offer stops its charges, the other keeps them.
business businesses/sparrow.yaml catalogue businesses/sparrow-plans-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 account A2 "Bob Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer large msisdn 491700000001
2026-01-01 contract C2 of A2 offer holiday
2026-01-01 bill run

2026-01-22 pause contract C1
2026-01-22 expect service C1 suspended
2026-01-22 pause contract C2 until 2026-02-15
2026-02-01 bill run
2026-02-01 expect line A1 "Line" quantity -1 net -10.00
2026-02-01 expect invoice A2 net 31.00 tax 5.89 total 36.89 EUR
2026-02-15 resume contract C1
2026-02-15 expect service C1 active
2026-02-15 expect network A1 activate suspend restore
2026-03-01 bill run
# 14 of 28 days of February, and March.
2026-03-01 expect line A1 "Line" quantity 2 net 46.50
2026-03-01 expect books balance
