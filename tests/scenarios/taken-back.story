# An invoice that is taken back takes with it what hung on it: a dispute is settled for the customer, a promise is no more than
# what is still owed, and what was cut off for its sake comes back. Figures are made by hand; VAT 19 %, 7.3 % interest.
business businesses/plover.yaml catalogue businesses/plover-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 account A2 "Bob Example" consumer bill-day 1
2026-01-01 account A3 "Cai Example" consumer bill-day 1
2026-01-01 account A4 "Dot Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line msisdn 491700000001
2026-01-01 contract C2 of A2 offer line msisdn 491700000002
2026-01-01 contract C3 of A3 offer line msisdn 491700000003
2026-01-01 contract C4 of A4 offer line msisdn 491700000004
2026-01-01 bill run

# Ada disputes a fifth, Bob all of it and pays nothing, Cai and Dot promise to pay.
2026-01-10 dispute A1 23.80
2026-01-18 collect
2026-01-20 promise A3 119.00 until 2026-02-10
2026-01-20 charge A4 visit-1 "Visit of an engineer" 50.00
2026-01-20 promise A4 178.50 until 2026-02-10
2026-01-22 pay A4 60.00 bank reference visit
2026-01-25 collect
2026-01-25 expect service C1 restricted
2026-01-25 expect service C2 restricted
2026-01-26 dispute A2 119.00
2026-01-26 expect service C2 active

# Ada's bill was wrong from the start: it is void, the dispute is hers, her line comes back.
2026-01-27 void A1 invoice 2026-01-01 "the wrong tariff"
2026-01-27 expect dispute A1 accepted
2026-01-27 expect service C1 active
2026-01-27 expect balance A1 0
2026-01-27 expect books balance
2026-01-27 refused dispute_decided accept dispute of A1

# Half of Bob's is credited: half is still open and in dispute. Then the rest is: nothing is left to dispute.
2026-01-28 credit A2 invoice 2026-01-01 line 1 part 50.00
2026-01-28 expect dispute A2 open
2026-01-28 expect balance A2 59.50
2026-01-29 credit A2 invoice 2026-01-01
2026-01-29 expect dispute A2 accepted
2026-01-29 expect balance A2 0
2026-01-29 expect books balance

# Cai owes nothing any more: the promise is released. Dot has paid 60.00 and owes 59.00 when 59.50 are given back: who then
# pays these has kept the word, though 178.50 were promised.
2026-01-30 void A3 invoice 2026-01-01 "the wrong tariff"
2026-01-30 expect promise A3 released
2026-01-30 expect balance A3 0
2026-01-30 credit A4 invoice 2026-01-01 line 1 part 50.00
2026-01-30 expect balance A4 59.00
2026-01-30 expect promise A4 open
2026-01-31 pay A4 59.00 bank
2026-01-31 expect promise A4 kept
2026-01-31 expect books balance

# The credit note of an invoice that was paid in full leaves credit; a dispute about it is settled too, and rebilling ends both.
2026-02-01 bill run
2026-02-02 dispute A4 20.00
2026-02-03 pay A4 119.00 bank reference INV-2026-000006
2026-02-04 rebill A4 invoice 2026-02-01 "the wrong address"
2026-02-04 expect dispute A4 accepted
2026-02-04 expect balance A4 0
2026-02-04 expect books balance
