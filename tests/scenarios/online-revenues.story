# A call abroad is two prices, each with its revenue and its tax: what one balance pays is split in the books.
business businesses/starling.yaml catalogue businesses/starling-prices.yaml

2026-01-01 account M1 "Ada Example" consumer bill-day 1
2026-01-01 contract MC1 of M1 offer abroad line m-1
2026-01-01 prepaid M1
2026-01-01 top up M1 3
2026-01-01 top up M1 4

# Sixty minutes at 0.05 and 0.03 are 3.00 and 1.80, reported in two parts, paid from both top-ups.
2026-01-02 online reserve S1 line m-1 voice 60 of min at 10:00 granting 60
2026-01-02 online extend S1 used 50 wants 10 of min at 10:50 granting 10 costing 4.00
2026-01-02 online commit S1 used 60 of min at 11:00 costing 4.80
2026-01-02 expect money M1 2.20
2026-01-02 rate
2026-01-02 balance run

# Of 3.00 the tax of 20 % is 0.50; of 1.80 that of 5 % is 0.0857, booked as 0.09.
2026-01-02 expect ledger 2300 -2.20
2026-01-02 expect ledger voice -2.50
2026-01-02 expect ledger network -1.71
2026-01-02 expect ledger 2200 -0.59
2026-01-02 expect books balance
