# A bill was wrong: one line is given back in part, later the rest; never more than was billed.
business businesses/sparrow.yaml catalogue businesses/sparrow-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line
2026-01-01 bill run
2026-01-01 expect invoice A1 net 35.50 tax 6.00 total 41.50 EUR
2026-01-02 pay A1 20.00 bank reference INV

# 10.00 of the first line: 1.90 of tax come back with it. The note pays the invoice it corrects.
2026-01-10 credit A1 invoice 2026-01-01 line 1 part 10.00
2026-01-10 expect invoice A1 net -10.00 tax -1.90 total -11.90 EUR
2026-01-10 expect balance A1 9.60
2026-01-10 expect books balance

# All that is left, more than is still owed: the rest stands open in Ada's favour.
2026-01-11 credit A1 invoice 2026-01-01
2026-01-11 expect tax A1 USt taxable -19.95 tax -3.79
2026-01-11 expect invoice A1 net -25.50 tax -4.10 total -29.60 EUR
2026-01-11 expect balance A1 -20.00
2026-01-11 expect ledger 1200 -20.00
2026-01-11 expect books balance
2026-01-31 close books through 2026-01-31
2026-02-01 expect ledger 2400 0
2026-02-01 expect books balance
