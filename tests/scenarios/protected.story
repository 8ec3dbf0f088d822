# A hospital is left alone, a customer on life support is reminded but never cut off, until the protection ends.
business businesses/plover.yaml catalogue businesses/plover-prices.yaml

2026-01-01 account A1 "Sample Hospital (invented)" consumer bill-day 1
2026-01-01 account A2 "Bob Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line msisdn 491700000001
2026-01-01 contract C2 of A2 offer line msisdn 491700000002
2026-01-01 protect A1
2026-01-01 protect A2 from restrict until 2026-02-10
2026-01-01 bill run
2026-01-18 collect
2026-01-25 collect
2026-01-25 expect service C2 active
2026-02-04 collect
2026-02-04 expect service C1 active

# Spared one action, it is taken past that step to the next.
2026-02-04 expect service C2 suspended
2026-02-05 pay A2 238.00 bank
2026-02-05 expect service C2 active
2026-02-05 expect network A1 activate
2026-02-05 expect network A2 activate suspend restore
2026-02-05 expect books balance
