# Seats come and go in the middle of a month, several times on one day.
business businesses/sparrow.yaml catalogue businesses/sparrow-plans-prices.yaml

2026-01-01 account A1 "Example Bakery" business bill-day 1
2026-01-01 contract C1 of A1 offer large
2026-01-01 bill run

# From the 14th two seats instead of one; of three changes on that day the last one counts.
2026-01-14 change contract C1 quantity 5
2026-01-14 change contract C1 quantity 3
2026-01-14 change contract C1 quantity 2
2026-02-01 bill run
2026-02-01 expect line A1 "Line" quantity 3 net 80.00
2026-02-01 expect line A1 "Plus" quantity 3 net 16.00

# A change that is planned and taken back never was.
2026-02-05 change contract C1 quantity 9 from 2026-02-20
2026-02-06 take back change of C1
2026-03-01 bill run
2026-03-01 expect line A1 "Line" quantity 2 net 62.00
2026-03-01 expect books balance
