# A processor's direct debit takes days and may come back, news come in any order, and a stolen card is asked once.
business businesses/plover.yaml catalogue businesses/plover-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 account A2 "Bob Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line msisdn 491700000001
2026-01-01 contract C2 of A2 offer line msisdn 491700000002
2026-01-01 card A1 that slow
2026-01-01 card A2 that stolen
2026-01-01 bill run
2026-01-15 card run
2026-01-15 expect card A1 processing
2026-01-15 expect balance A1 119.00
2026-01-15 expect card A2 declined

# While it is on its way nothing else is asked for; a stolen card is not asked again.
2026-01-18 card run
2026-01-18 expect card A1 processing
2026-01-20 card told A1 succeeded
2026-01-20 expect balance A1 0
2026-01-30 card run
2026-01-30 expect card A2 declined
2026-01-30 expect balance A2 119.00

# Its holder pays by bank, the new card is then asked for nothing that is paid.
2026-01-30 pay A2 119.00 bank
2026-01-30 card A2 that pays
2026-01-30 card run
2026-01-30 expect card A2 declined
2026-02-01 bill run

# The debit comes back weeks later: owed again, by the same account no more.
2026-02-10 card told A1 taken_back
2026-02-10 expect balance A1 238.00
2026-02-15 card run
2026-02-15 expect card A1 processing
2026-02-15 expect card A2 succeeded

# News in the wrong order: that it came back waits for the news that it came.
2026-02-16 card told A1 taken_back
2026-02-16 expect card A1 processing
2026-02-18 card told A1 succeeded
2026-02-18 expect card A1 taken_back
2026-02-18 expect balance A1 238.00

# What is paid is not asked for.
2026-03-01 bill run
2026-03-10 pay A2 119.00 bank
2026-03-15 card run
2026-03-15 expect balance A2 0
2026-03-15 expect books balance
