# A processor does not answer, ten times: what it was asked for is failed and waits for a person. Nothing else is asked meanwhile,
# money may come in any other way, and nothing is ever taken twice.
business businesses/plover.yaml catalogue businesses/plover-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 account A2 "Bob Example" consumer bill-day 1
2026-01-01 account A3 "Cy Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line msisdn 491700000001
2026-01-01 contract C2 of A2 offer line msisdn 491700000002
2026-01-01 contract C3 of A3 offer line msisdn 491700000003
2026-01-01 card A1 that away
2026-01-01 card A2 that away
2026-01-01 card A3 that away
2026-01-01 bill run

# Orders are sent after each step: this one, and nine more.
2026-01-15 card run
2026-01-15 expect card A1 asked
2026-01-16 card run
2026-01-16 card run
2026-01-16 card run
2026-01-16 card run
2026-01-16 card run
2026-01-16 card run
2026-01-16 card run
2026-01-16 card run
2026-01-16 refused unknown_order card send again A1
2026-01-16 expect card A1 asked
2026-01-17 card run
2026-01-17 expect card A1 failed
2026-01-17 expect card A2 failed
2026-01-17 expect card A3 failed

# Neither another card nor a mandate asks for what may be taken; the ladder goes on, and nobody voids the bill.
2026-01-18 card A1 that pays
2026-01-18 card run
2026-01-18 expect card A1 failed
2026-01-18 debit terms fee 4.00 days 5 tries 2
2026-01-18 mandate A2 M-2 DE89370400440532013000
2026-01-18 debit run
2026-01-18 expect balance A2 119.00
2026-01-18 collect
2026-01-18 refused money_on_its_way void A1 invoice 2026-01-01 "the wrong tariff"

# Ada's is sent again, under its own key, and pays.
2026-01-19 card send again A1
2026-01-19 expect card A1 succeeded
2026-01-19 expect balance A1 0
2026-01-19 card run
2026-01-19 expect balance A1 0
2026-01-19 refused unknown_order card send again A1

# Bob's was never there: it is given up, and the mandate collects.
2026-01-20 card give up A2 "not in the pages of the processor"
2026-01-20 expect card A2 given_up
2026-01-20 expect balance A2 119.00
2026-01-22 debit run
2026-01-22 expect balance A2 0

# Cy has paid a part at the bank: the whole is not sent again.
2026-01-23 pay A3 19.00 bank
2026-01-23 refused less_is_open card send again A3
2026-01-24 card give up A3 "the customer pays by bank"
2026-01-24 pay A3 100.00 bank
2026-01-24 expect balance A3 0
2026-01-25 expect books balance
