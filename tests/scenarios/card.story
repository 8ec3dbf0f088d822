# Cards are asked for what is due: one pays, one is short of money and pays on the third try, one asks its holder; a payment is charged back, lost and won.
business businesses/plover.yaml catalogue businesses/plover-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 account A2 "Bob Example" consumer bill-day 1
2026-01-01 account A3 "Cy Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line msisdn 491700000001
2026-01-01 contract C2 of A2 offer line msisdn 491700000002
2026-01-01 contract C3 of A3 offer line msisdn 491700000003
2026-01-01 card A1 that pays
2026-01-01 card A2 that poor
2026-01-01 card A3 that asks
2026-01-01 bill run

# Nothing is asked for before it is due, and nothing twice.
2026-01-14 card run
2026-01-14 expect balance A1 119.00
2026-01-15 card run
2026-01-15 card run
2026-01-15 expect card A1 succeeded
2026-01-15 expect balance A1 0
2026-01-15 expect ledger 1100 119.00
2026-01-15 expect card A2 declined
2026-01-15 expect balance A2 119.00
2026-01-15 expect card A3 needs_action

# Cy confirms it on the next day; the news comes twice and is booked once.
2026-01-16 card told A3 succeeded
2026-01-16 expect card A3 succeeded
2026-01-16 expect balance A3 0

# Bob is asked again after 3 days and after 5 more, not a day sooner; the ladder has begun meanwhile.
2026-01-17 card run
2026-01-17 expect balance A2 119.00
2026-01-18 card run
2026-01-18 collect
2026-01-18 expect card A2 declined
2026-01-23 card A2 that pays
2026-01-23 card run
2026-01-23 expect card A2 succeeded
2026-01-23 expect balance A2 0
2026-01-23 expect books balance

# Ada's payment is charged back, with a fee: owed again, then won, and there once more.
2026-01-25 card told A1 taken_back costs 15.00
2026-01-25 expect card A1 taken_back
2026-01-25 expect balance A1 119.00
2026-01-25 expect ledger 6300 15.00
2026-01-25 expect ledger 1000 0
2026-01-25 expect ledger 1100 223.00
2026-01-25 card run
2026-01-25 expect balance A1 119.00
2026-01-28 card told A1 reinstated
2026-01-28 expect card A1 reinstated
2026-01-28 expect balance A1 0
# Old news changes nothing.
2026-01-28 card told A1 declined
2026-01-28 expect card A1 reinstated
2026-01-28 expect books balance
