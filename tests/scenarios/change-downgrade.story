# A downgrade waits for the next period where the offer says so.
business businesses/sparrow.yaml catalogue businesses/sparrow-plans-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 account A2 "Bob Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer large
2026-01-01 contract C2 of A2 offer large
2026-01-01 bill run

# To `patient`: the line goes on to the end of January, the extra stops at once (18 of 31 days back).
2026-01-14 change contract C1 to patient
2026-01-14 change contract C2 to small
2026-02-01 bill run
2026-02-01 expect line A1 "Line" quantity 1 net 9.30
2026-02-01 expect line A1 "Plus" quantity -1 net -3.60
2026-02-01 expect invoice A1 net 5.70 tax 1.08 total 6.78 EUR
2026-02-01 expect line A2 "Line" quantity 1 net 6.50
2026-02-01 expect books balance
