# Nobody is reminded on Christmas Day or cut off at New Year: the ladder rests at weekends and on holidays, the operator's or
# those of where the customer lives. A step keeps its distance from the one before, and who pays is restored on any day.
business businesses/wren.yaml catalogue businesses/wren-prices.yaml

2026-12-01 account E1 "Ada Example" consumer bill-day 1
2026-12-01 account S1 "Morag Placeholder" consumer bill-day 1 segment wherever taxed-in GB-SCT
2026-12-01 account H1 "Percy Invented" consumer bill-day 1 segment hasty
2026-12-01 contract EC1 of E1 offer line msisdn 447700900011
2026-12-01 contract SC1 of S1 offer line msisdn 447700900012
2026-12-01 contract HC1 of H1 offer line msisdn 447700900013
2026-12-01 bill run
2026-12-01 expect invoice E1 net 20.00 tax 4.00 total 24.00 GBP
2026-12-01 expect invoice S1 net 20.00 tax 4.00 total 24.00 GBP

# Due on 15 December, so the tenth day is Christmas, a Friday. Boxing Day is a Saturday and kept on Monday the 28th. The ladder
# without such a rule goes on.
2026-12-25 collect
2026-12-25 expect told mail E1
2026-12-25 expect told mail S1
2026-12-25 expect told mail H1 remind
2026-12-26 collect
2026-12-27 collect
2026-12-28 collect
2026-12-28 expect told mail E1
2026-12-28 expect told mail S1
2026-12-29 collect
2026-12-29 expect told mail E1 remind
2026-12-29 expect told mail S1 remind
2026-12-31 collect
2026-12-31 expect service HC1 restricted
2026-12-31 expect service EC1 active

# The sixth day after the reminder is Monday, 4 January: a holiday in Scotland, where 2 January is one and fell on Saturday.
2027-01-04 collect
2027-01-04 expect service EC1 restricted
2027-01-04 expect service SC1 active
2027-01-05 collect
2027-01-05 expect service SC1 restricted

# Eight days after that; and on a Saturday the money brings all of it back.
2027-01-12 collect
2027-01-12 expect service EC1 suspended
2027-01-12 expect service SC1 restricted
2027-01-13 collect
2027-01-13 expect service SC1 suspended
2027-01-16 pay S1 24.00 bank reference INV
2027-01-16 expect service SC1 active
2027-01-16 expect network S1 activate restrict suspend restore
2027-01-16 expect books balance
