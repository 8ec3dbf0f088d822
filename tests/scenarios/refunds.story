# Money in the customer's favour goes back: what a credit note or a negative bill leaves, and what is left of prepaid money,
# by bank, over the counter or to the card it came from. Never more than was paid, never what was given for nothing. VAT 19 %.
business businesses/plover.yaml catalogue businesses/plover-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 account A2 "Bob Example" consumer bill-day 1
2026-01-01 account A3 "Cy Example" consumer bill-day 1
2026-01-01 account A4 "Dot Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line msisdn 491700000001
2026-01-01 contract C2 of A2 offer line msisdn 491700000002
2026-01-01 contract C3 of A3 offer line msisdn 491700000003
2026-01-01 debit terms fee 4.00 days 5 tries 2
2026-01-01 card A2 that pays
2026-01-01 bill run
2026-01-15 card run
2026-01-15 pay A1 119.00 bank reference INV
2026-01-16 mandate A1 M-1 DE89370400440532013000
2026-01-16 expect ledger 1100 238.00

# Ada was billed 20.00 too much, 23.80 with tax: the note leaves it to her, and by the bank it goes to her mandate's account.
2026-01-20 credit A1 invoice 2026-01-01 line 1 part 20.00
2026-01-20 expect balance A1 -23.80
2026-01-20 refused more_than_credit refund A1 23.80
2026-01-20 refused more_than_there refund A1 23.81 of notes
2026-01-20 expect balance A1 -23.80
2026-01-20 refund A1 13.80 of notes
2026-01-20 expect balance A1 -10.00
2026-01-20 refund A1 10.00 of notes by cash
2026-01-20 refused more_than_there refund A1 0.01 of notes
2026-01-20 expect balance A1 0
2026-01-20 expect ledger 1100 228.00
2026-01-20 expect ledger 1200 119.00
2026-01-20 expect books balance

# Bob's card paid; what the note gives back goes to that card. A refund by the same card of more is refused.
2026-01-21 credit A2 invoice 2026-01-01 line 1 part 50.00
2026-01-21 refused more_than_there card refund A2 59.51 of notes
2026-01-21 card refund A2 59.50 of notes
2026-01-21 expect balance A2 0
2026-01-21 expect books balance

# Cy never paid: the note is set against what he owes, and what of it was never paid for is no money.
2026-01-22 credit A3 invoice 2026-01-01 line 1 part 50.00
2026-01-22 refused more_than_there refund A3 5.00 of notes by cash
2026-01-22 expect balance A3 59.50

# He goes on the first of his second month, having paid both: the negative bill goes back.
2026-02-01 bill run
2026-02-02 pay A3 178.50 bank
2026-02-15 end contract C3
2026-02-15 bill run
2026-02-15 expect invoice A3 net -50.00 tax -9.50 total -59.50 EUR
2026-02-15 refund A3 59.50 of notes by cash
2026-02-15 expect balance A3 0
2026-02-15 expect books balance

# What the refund left of a payment is what comes back with it: the bank takes all of Cy's payment, the note counts again.
2026-02-16 return payment A3
2026-02-16 expect balance A3 178.50
2026-02-16 expect books balance

# Dot has 20.00 of her own and 5.00 as a gift. The rules give nothing back, then what was topped up.
2026-03-01 prepaid A4
2026-03-01 top up A4 20.00
2026-03-01 give A4 5.00 of EUR
2026-03-01 refused prepaid_kept refund A4 5.00 of prepaid by cash
2026-03-01 allow refund of top_up
2026-03-01 refused more_than_there refund A4 20.01 of prepaid by cash
2026-03-01 refund A4 12.00 of prepaid by cash
2026-03-01 expect money A4 13
2026-03-01 refused more_than_there refund A4 8.01 of prepaid by cash
2026-03-01 refund A4 8.00 of prepaid by cash
2026-03-01 expect money A4 5
2026-03-01 refused more_than_there refund A4 5.00 of prepaid by cash
2026-03-01 expect balance A4 0
2026-03-01 balance run
2026-03-01 expect books balance
