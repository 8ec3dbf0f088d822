# An invoice in dollars of an operator in Germany: the law wants the tax in euros too, at the rate of the day of issue.
business businesses/kittiwake.yaml catalogue businesses/kittiwake-dollar-prices.yaml

2026-02-01 account A1 "Ada Example" business bill-day 1 in USD
2026-02-01 contract C1 of A1 offer port msisdn 15550100001
2026-03-01 exchange rate EUR USD 1.0500 source ECB
2026-03-01 bill run
2026-03-01 expect invoice A1 net 100.00 tax 19.00 total 119.00 USD
# 19.00 / 1.05 = 18.095
2026-03-01 expect home-tax A1 18.10 EUR

# Paid in euros at the rate of the invoice's day: 113.33 euros are what 119.00 dollars were then.
2026-03-20 exchange rate EUR USD 1.1000 source ECB
2026-03-20 pay A1 113.33 bank in EUR reference INV
2026-03-20 expect exchanged A1 113.33 EUR counts 119.00 worth 124.66
2026-03-20 expect balance A1 0.00
2026-03-20 expect ledger 6800 -5.66

# A credit note goes by the day of what it corrects.
2026-03-25 credit A1 invoice 2026-03-01
2026-03-25 expect home-tax A1 -18.10 EUR
2026-04-01 exchange rate EUR USD 1.2000 source ECB
2026-04-01 bill run
2026-04-01 expect home-tax A1 15.83 EUR
2026-04-01 expect books balance
