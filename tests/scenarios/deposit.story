# A deposit is the customer's money: it is held, bears interest, is not set against bills while contracts run, and pays the
# last ones when they are over. Interest goes by the day over 365 days. Figures are made by hand; VAT 19 %.
business businesses/sparrow.yaml catalogue businesses/sparrow-plans-prices.yaml

2026-01-10 account A1 "Ada Example" consumer bill-day 1
2026-01-10 account A2 "Ben Example" consumer bill-day 1
2026-01-10 deposit A1 100.00 interest 2.5
2026-01-10 deposit A2 30.00
2026-01-10 expect ledger 2350 -130.00
2026-01-10 expect balance A1 0.00

2026-02-01 contract C1 of A1 offer large
2026-02-01 contract C2 of A2 offer small
2026-02-01 bill run
2026-02-01 expect invoice A1 net 37.20 tax 7.07 total 44.27 EUR
2026-02-01 expect balance A1 44.27
2026-02-01 expect balance A2 18.45

# Ada leaves at the end of February, which was billed in advance. Ben stays, so his deposit stays held.
2026-03-01 end contract C1
2026-03-01 bill run
2026-03-01 expect no invoice A1

# 51 days from 10 January: 100.00 x 2.5 % x 51 / 365 = 0.3493. 100.35 pays 44.27, and 56.08 is hers.
2026-03-02 deposit run
2026-03-02 expect balance A1 -56.08
2026-03-02 expect ledger 6400 0.35
2026-03-02 expect ledger 2350 -30.00
2026-03-02 expect ledger 1100 130.00

# Ben has not paid two bills of 18.45. His deposit pays the older one and 11.55 of the other; 6.90 is left.
2026-03-20 end deposits A2
2026-03-20 expect balance A2 6.90
2026-03-20 expect ledger 2350 0
2026-03-20 expect books balance
