# What is agreed for a day comes on that day: an end, a rest and its end. The day's work is `contract run`; no bill
# run is needed for it, and the network hears of it then and not before. Figures are made by hand; VAT 19 %.
business businesses/sparrow.yaml catalogue businesses/sparrow-plans-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer small until 2026-01-11 msisdn 491700000001
2026-01-01 account A2 "Ben Example" consumer bill-day 1
2026-01-01 contract C2 of A2 offer small msisdn 491700000002
2026-01-01 account A3 "Cai Example" consumer bill-day 1
2026-01-01 contract C3 of A3 offer small msisdn 491700000003
2026-01-01 bill run
2026-01-01 expect invoice A2 net 15.50 tax 2.95 total 18.45 EUR

2026-01-05 pause contract C2 from 2026-01-12 until 2026-01-22
2026-01-05 end contract C3 on 2026-01-21
2026-01-05 expect service C2 active
2026-01-05 expect network A2 activate

2026-01-11 contract run
2026-01-11 expect service C1 ended
2026-01-11 expect network A1 activate end
2026-01-11 expect service C2 active
2026-01-12 contract run
2026-01-12 expect service C2 suspended
2026-01-12 expect network A2 activate suspend

# Nobody worked on the 21st; the day after makes up for it.
2026-01-22 contract run
2026-01-22 expect service C2 active
2026-01-22 expect network A2 activate suspend restore
2026-01-22 expect service C3 ended

# C1 was billed for its ten days in advance: 15.50 x 10 / 31 = 5.00, and its number is free for another.
# C3: 11 of 31 days come back, -5.50. C2: ten days of rest come back, -5.00, and February is 15.50.
2026-01-22 bill run
2026-01-22 expect no invoice A1
2026-01-22 expect invoice A3 net -5.50 tax -1.05 total -6.55 EUR
2026-02-01 bill run
2026-02-01 expect invoice A2 net 10.50 tax 2.00 total 12.50 EUR
2026-02-01 expect books balance
