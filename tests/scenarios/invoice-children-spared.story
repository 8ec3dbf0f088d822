# The same debts under a ladder that touches no services but the payer's own.
business businesses/orchard.yaml catalogue businesses/orchard-prices.yaml

2026-01-01 account H1 "Hedge Holding" business bill-day 1 segment careful
2026-01-01 account H2 "Hedge Branch" business bill-day 1 under H1
2026-01-01 payer of H2 is H1
2026-01-01 contract C1 of H1 offer office msisdn 4930000011
2026-01-01 contract C2 of H2 offer office msisdn 4930000012
2026-01-01 bill run
2026-01-01 expect invoice H1 net 40.00 tax 7.60 total 47.60 EUR
2026-01-18 collect
2026-01-25 collect
2026-01-25 expect service C1 suspended
2026-01-25 expect service C2 active
2026-01-26 pay H1 47.60 cash
2026-01-26 expect service C1 active
2026-01-26 expect books balance
