# What a card processor holds stands in a clearing account, and comes to the bank in one sum less its fees: payments, a
# refund, a chargeback with its fee, and one that is won. What is told twice is booked once.
business businesses/plover.yaml catalogue businesses/plover-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 account A2 "Bob Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line msisdn 491700000001
2026-01-01 contract C2 of A2 offer line msisdn 491700000002
2026-01-01 card A1 that pays
2026-01-01 card A2 that slow
2026-01-01 bill run

# Ada's card pays 119.00; Bob's direct debit by the processor is known two days later.
2026-01-15 card run
2026-01-15 expect clearing 119.00
2026-01-17 card told A2 succeeded
2026-01-17 expect clearing 238.00
2026-01-17 expect ledger 1100 238.00

# It announces 238.00 less 5.20. Nothing is booked before it is at the bank.
2026-01-19 card payout po_1 less 5.20
2026-01-19 expect ledger 1000 0
2026-01-19 expect clearing 238.00
2026-01-21 payout po_1 arrives
2026-01-21 expect ledger 1000 232.80
2026-01-21 expect ledger 6300 5.20
2026-01-21 expect ledger 1100 0
2026-01-21 expect clearing 0
2026-01-21 expect books balance

# Bob's money is taken back for a fee of 7.50, so that the processor is owed: it takes it from the bank.
2026-01-25 card told A2 taken_back costs 7.50
2026-01-25 expect balance A2 119.00
2026-01-25 expect clearing -126.50
2026-01-25 expect ledger 6300 12.70
2026-01-26 card payout po_2 less 0.00
2026-01-27 payout po_2 arrives
2026-01-27 expect ledger 1000 106.30
2026-01-27 expect ledger 1100 0
2026-01-27 expect ledger 6300 12.70
2026-01-27 expect books balance

# It is won after all. In February Bob pays by bank while his direct debit is on its way, so that this money goes back.
2026-01-30 card told A2 reinstated
2026-01-30 expect balance A2 0
2026-01-30 expect clearing 119.00
2026-02-01 bill run
2026-02-15 card run
2026-02-15 expect clearing 238.00
2026-02-16 pay A2 119.00 bank
2026-02-16 card told A2 succeeded
2026-02-16 expect clearing 357.00
2026-02-16 card refund A2 119.00
2026-02-16 expect clearing 238.00
2026-02-17 card payout po_3 less 6.00
2026-02-18 payout po_3 arrives
2026-02-18 expect ledger 1000 338.30
2026-02-18 expect ledger 1100 119.00
2026-02-18 expect ledger 6300 18.70
2026-02-18 expect clearing 0
2026-02-18 expect books balance
