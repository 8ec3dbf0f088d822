# Somebody gives money back on the pages of the card processor. The books take it as a refund of that payment: what it had
# paid is open again, in dispute, so that nobody is asked for it before a person decides. Its payout explains itself.
business businesses/plover.yaml catalogue businesses/plover-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 account A2 "Bob Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line msisdn 491700000001
2026-01-01 contract C2 of A2 offer line msisdn 491700000002
2026-01-01 card A1 that pays
2026-01-01 card A2 that pays
2026-01-01 bill run
2026-01-15 card run
2026-01-15 expect clearing 238.00

# Ada gets 50.00 of her 119.00 back. It is told twice and booked once; neither her card nor the ladder asks for it.
2026-01-16 card refunded elsewhere A1 50.00
2026-01-16 expect balance A1 50.00
2026-01-16 expect clearing 188.00
2026-01-16 card run
2026-01-16 expect balance A1 50.00
2026-01-16 expect dispute A1 open
2026-01-16 expect books balance

# It was meant as a gift: the dispute is accepted, a credit note closes it.
2026-01-17 accept dispute of A1
2026-01-17 expect balance A1 0.00

# Bob had a credit note before: the refund uses it, and nothing is open again.
2026-01-18 credit A2 invoice 2026-01-01
2026-01-18 expect balance A2 -119.00
2026-01-18 card refunded elsewhere A2 119.00
2026-01-18 expect balance A2 0.00
2026-01-18 expect clearing 69.00

# More than there was is no refund of ours: it waits for a person.
2026-01-18 card refunded elsewhere A2 1.00
2026-01-18 expect balance A2 0.00

2026-01-19 card payout po_1 less 5.20
2026-01-21 payout po_1 arrives
2026-01-21 expect ledger 1000 63.80
2026-01-21 expect ledger 1100 0
2026-01-21 expect clearing 0
2026-01-21 expect books balance
