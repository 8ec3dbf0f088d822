# One customer, several invoices a cycle: one for each cost centre of its contracts, each with a number
# of its own. The nets add up to what one invoice would say; each invoice rounds its own tax.
business businesses/orchard.yaml catalogue businesses/orchard-prices.yaml

2026-01-01 account S1 "Sorrel Works" business bill-day 1
2026-01-01 contract C1 of S1 offer office centre Sales msisdn 4930000021
2026-01-01 contract C2 of S1 offer office centre Workshop msisdn 4930000022
2026-01-01 contract C3 of S1 offer office centre Sales msisdn 4930000023
2026-01-01 contract C4 of S1 offer office msisdn 4930000024
2026-01-01 bill run
2026-01-01 expect invoices S1 1 total 95.20 EUR
2026-01-01 expect books balance

# Sales 2 x 20.00 + 0.10, Workshop 20.00 + 0.10, and 20.00 of no centre: 80.20, as one invoice would say.
# Tax 7.62 (of 7.619), 3.82 (of 3.819) and 3.80 are 15.24; one invoice would bear 15.24 (of 15.238).
2026-01-15 split bills of S1 by cost_centre
2026-01-20 usage mapping:businesses/orchard-calls.yaml <<END
id,line,at,seconds
s1,4930000021,2026-01-10T09:00:00,6060
s2,4930000022,2026-01-10T09:00:00,6060
END
2026-02-01 bill rehearse
2026-02-01 bill run
2026-02-01 expect invoices S1 3 total 95.44 EUR
2026-02-01 expect balance S1 190.64
2026-02-01 expect books balance
