# Energy in homes bears the reduced rate, a business's does not.
business businesses/hearth.yaml catalogue businesses/hearth-prices.yaml

2026-01-01 account HOME "Ada Example" consumer bill-day 1
2026-01-01 account SHOP "Example Bakery" business bill-day 1
2026-01-01 contract C1 of HOME offer line
2026-01-01 contract C2 of SHOP offer line
2026-01-01 bill run
2026-01-01 expect tax HOME VAT taxable 41.10 tax 2.06
2026-01-01 expect tax HOME VAT taxable 9.99 tax 2.00
2026-01-01 expect invoice HOME net 51.09 tax 4.06 total 55.15 GBP
2026-01-01 expect invoice SHOP net 51.09 tax 10.22 total 61.31 GBP
2026-01-01 expect books balance
