# What is in dispute is not collected: one dispute is right and is credited, the other is not and is due again.
business businesses/plover.yaml catalogue businesses/plover-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 account A2 "Bob Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line msisdn 491700000001
2026-01-01 contract C2 of A2 offer line msisdn 491700000002
2026-01-01 bill run

# Ada pays what she agrees to; the disputed fifth waits, and so does the ladder.
2026-01-10 dispute A1 23.80
2026-01-18 collect
2026-01-18 pay A1 95.20 bank
2026-01-18 expect balance A1 23.80
2026-01-25 collect
2026-01-25 expect service C1 active
2026-01-25 expect service C2 restricted
2026-01-26 accept dispute of A1
2026-01-26 expect invoice A1 net -20.00 tax -3.80 total -23.80 EUR
2026-01-26 expect balance A1 0
2026-01-26 expect books balance

# Bob was restricted already when he disputes all of it: his line comes back.
2026-01-27 dispute A2 119.00
2026-01-27 expect service C2 active
2026-01-31 collect
2026-01-31 expect service C2 active

# Refused: due again, and on from the step where he stood; the days in dispute bore no interest.
2026-02-01 collect
2026-02-01 bill run
2026-02-01 expect line A2 "Interest on arrears" quantity 1 net 0.26
2026-02-10 refuse dispute of A2
2026-02-10 collect
2026-02-10 expect service C2 restricted
2026-02-19 collect
2026-02-19 expect service C2 restricted
2026-02-20 collect
2026-02-20 expect service C2 suspended
2026-02-21 pay A2 238.26 bank
2026-02-21 expect service C2 active
2026-02-21 expect network A2 activate restrict restore restrict suspend restore
2026-02-21 expect books balance
