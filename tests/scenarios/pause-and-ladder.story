# A payment brings back what the ladder cut off, not what rests; and the end of a rest brings back no line that is unpaid.
business businesses/plover.yaml catalogue businesses/plover-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 account A2 "Bob Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line msisdn 491700000001
2026-01-01 contract C2 of A1 offer line msisdn 491700000002
2026-01-01 contract C3 of A2 offer line msisdn 491700000003
2026-01-01 bill run

# Ada's second line rests when both are cut off; paying brings the first one back.
2026-01-10 pause contract C2
2026-01-18 collect
2026-01-25 collect
2026-01-25 expect service C1 restricted
2026-01-25 expect service C2 suspended
2026-01-26 pay A1 238.00 bank
2026-01-26 expect service C1 active
2026-01-26 expect service C2 suspended
2026-01-28 resume contract C2
2026-01-28 expect service C2 active

# Bob's line is cut off while it rests: the end of the rest leaves it so, his payment does not.
2026-01-28 pause contract C3
2026-02-04 collect
2026-02-05 resume contract C3
2026-02-05 expect service C3 suspended
2026-02-06 pay A2 238.00 bank
2026-02-06 expect service C3 active
2026-02-06 expect books balance
