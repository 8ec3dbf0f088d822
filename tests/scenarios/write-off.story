# A debt is given up with its tax; money that comes after all is booked as recovered, and its tax is owed again.
business businesses/plover.yaml catalogue businesses/plover-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line msisdn 491700000001
2026-01-01 bill run
2026-01-18 collect
2026-01-25 collect
2026-02-01 end contract C1
2026-02-04 collect
2026-02-24 collect
2026-02-24 expect balance A1 0
2026-02-24 expect ledger 1200 0
2026-02-24 expect ledger 6100 100.00
2026-02-24 expect ledger 2200 0
2026-02-24 expect books balance

# Half of it comes after all, and is taken back by the bank.
2026-03-10 pay A1 59.50 bank
2026-03-10 expect ledger 6100 50.00
2026-03-10 expect ledger 2200 -9.50
2026-03-10 expect balance A1 0
2026-03-10 expect books balance
2026-03-12 return payment A1
2026-03-12 expect ledger 6100 100.00
2026-03-12 expect ledger 2200 0
2026-03-12 expect ledger 1200 0
2026-03-12 expect books balance

# Then all of it and 11.00 more, which is credit.
2026-03-20 pay A1 130.00 bank
2026-03-20 expect ledger 6100 0
2026-03-20 expect ledger 2200 -19.00
2026-03-20 expect balance A1 -11.00
2026-03-20 expect books balance
