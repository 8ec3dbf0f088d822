# State, city and district lie on one another, and each line bears a levy whatever it costs.
business businesses/empire.yaml catalogue businesses/empire-prices.yaml

2026-01-01 account CITY "Ada Example" consumer bill-day 1 taxed-in "US-NY/New York City"
2026-01-01 account UPSTATE "Bob Example" consumer bill-day 1 taxed-in US-NY
2026-01-01 contract C1 of CITY offer line
2026-01-01 contract C2 of UPSTATE offer line
2026-01-01 bill run
2026-01-01 expect tax CITY "New York State" taxable 30.00 tax 1.20
2026-01-01 expect tax CITY "New York City" taxable 30.00 tax 1.35
2026-01-01 expect tax CITY "Metropolitan district" taxable 30.00 tax 0.11
2026-01-01 expect tax CITY "Public safety" taxable 30.00 tax 1.20
2026-01-01 expect invoice CITY net 30.00 tax 3.86 total 33.86 USD
2026-01-01 expect invoice UPSTATE net 30.00 tax 1.20 total 31.20 USD
2026-01-01 expect books balance
