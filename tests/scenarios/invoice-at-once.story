# A charge that does not wait for the cycle: a site survey, billed on the spot. Told again it is the same
# one. A head office without contracts of its own gets it under one that it pays for.
business businesses/orchard.yaml catalogue businesses/orchard-prices.yaml

2026-01-01 account O1 "Oak Holding" business bill-day 1
2026-01-01 account O2 "Oak Branch" business bill-day 1 under O1
2026-01-01 payer of O2 is O1
2026-01-01 contract C2 of O2 offer office msisdn 4930000061
2026-01-01 bill run
2026-01-01 expect invoice O1 net 20.00 tax 3.80 total 23.80 EUR
2026-01-12 charge O1 survey-1 "Survey of the site" 80.00
2026-01-12 expect invoice O1 net 80.00 tax 15.20 total 95.20 EUR
2026-01-12 charge O1 survey-1 "Survey of the site" 80.00
2026-01-12 expect invoices O1 1 total 95.20 EUR
2026-01-12 charge O2 visit-1 "Visit of an engineer" 45.00
2026-01-12 expect invoices O1 2 total 148.75 EUR
2026-01-12 expect balance O1 172.55
2026-01-12 expect books balance
2026-01-20 pay O1 100.00 bank
2026-02-01 bill run
2026-02-01 expect invoice O1 net 20.00 tax 3.80 total 23.80 EUR

# The statement of January: nothing brought forward; 172.55 charged, 100.00 paid.
2026-02-01 expect statement O1 from 2026-01-01 to 2026-01-31 opening 0 charged 172.55 paid 100.00 closing 72.55
2026-02-01 expect statement O1 from 2026-01-15 to 2026-02-01 opening 172.55 charged 23.80 paid 100.00 closing 96.35
2026-02-01 expect books balance
