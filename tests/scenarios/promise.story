# A promise to pay holds the ladder until its day: one is kept, one is broken; days in arrears bear interest.
business businesses/plover.yaml catalogue businesses/plover-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 account A2 "Bob Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line msisdn 491700000001
2026-01-01 contract C2 of A2 offer line msisdn 491700000002
2026-01-01 bill run
2026-01-01 expect invoice A1 net 100.00 tax 19.00 total 119.00 EUR

# Due on the fifteenth: reminded on the eighteenth, and both promise.
2026-01-18 collect
2026-01-20 promise A1 119.00 until 2026-01-28
2026-01-20 promise A2 119.00 until 2026-01-24

# Bob's day passes: the ladder goes on where it was, and no step is left out.
2026-01-24 collect
2026-01-24 expect service C2 active
2026-01-25 collect
2026-01-25 expect promise A2 broken
2026-01-25 expect service C2 restricted
2026-01-25 expect promise A1 open
2026-01-25 expect service C1 active

# Ada keeps her word on its last day.
2026-01-28 collect
2026-01-28 pay A1 119.00 bank reference INV
2026-01-28 expect promise A1 kept
2026-01-28 expect balance A1 0

# 7.3 % a year are 0.0238 a day on 119.00: Ada's 16 to 27 January, Bob's 16 to 31. Nothing is charged twice.
2026-02-01 collect
2026-02-01 collect
2026-02-01 bill run
2026-02-01 expect line A1 "Interest on arrears" quantity 1 net 0.29
2026-02-01 expect line A2 "Interest on arrears" quantity 1 net 0.38
2026-02-01 expect invoice A2 net 100.38 tax 19.00 total 119.38 EUR
2026-02-03 pay A2 119.00 bank reference INV
2026-02-03 expect service C2 active
2026-02-03 expect network A2 activate restrict restore

# Two days of February on January's invoice, and thirteen on February's, which is 119.38: 0.0476 + 0.3104.
2026-03-01 collect
2026-03-01 bill run
2026-03-01 expect line A2 "Interest on arrears" quantity 1 net 0.36
2026-03-01 expect books balance
