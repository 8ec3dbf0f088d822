# The price a customer was shown holds: the tax is taken out of it.
business businesses/wattle.yaml catalogue businesses/wattle-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line
2026-01-01 bill run
2026-01-01 expect invoice A1 net 72.72 tax 7.27 total 79.99 AUD
2026-01-01 expect books balance
