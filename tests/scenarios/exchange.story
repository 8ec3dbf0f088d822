# Carriers pay in their own money. What pays an invoice counts at the rate of the invoice's day, so that who pays what
# was asked owes nothing more; what the money is worth on the day it comes is gained or lost by the exchange.
business businesses/kittiwake.yaml catalogue businesses/kittiwake-prices.yaml

2026-02-01 account A1 "Ada Example" business bill-day 1
2026-02-01 account A2 "Ben Example" business bill-day 1
2026-02-01 account A3 "Cy Example" business bill-day 1
2026-02-01 contract C1 of A1 offer port msisdn 15550100001
2026-02-01 contract C2 of A2 offer port msisdn 15550100002
2026-02-01 contract C3 of A3 offer port msisdn 15550100003
2026-03-01 exchange rate EUR USD 1.0500 source ECB
# Roaming partners reckon in special drawing rights, at the rates of a month.
2026-03-01 exchange rate XDR EUR 1.2500 source IMF until 2026-03-31
2026-03-01 exchange rate XDR JPY 200 source IMF until 2026-03-31
2026-03-01 bill run
2026-03-01 expect invoice A1 net 100.00 tax 19.00 total 119.00 EUR

# Paid as asked: 119.00 x 1.05 = 124.95 dollars. Three weeks later they are worth 124.95 / 1.10 = 113.59.
2026-03-20 exchange rate EUR USD 1.1000 source ECB
2026-03-20 pay A1 124.95 bank in USD reference INV
2026-03-20 expect exchanged A1 124.95 USD counts 119.00 worth 113.59
2026-03-20 expect balance A1 0.00
2026-03-20 expect ledger 6800 5.41

# A part, and more than is owed. 63.00 dollars pay 60.00 of the invoice, worth 57.27.
2026-03-20 pay A2 63.00 bank in USD
2026-03-20 expect exchanged A2 63.00 USD counts 60.00 worth 57.27
2026-03-20 expect balance A2 59.00
# 59.00 left are 61.95 dollars; of 100.00, 38.05 are over and count at the rate of their own day: 34.59.
2026-03-20 pay A2 100.00 bank in USD
2026-03-20 expect exchanged A2 100.00 USD counts 93.59 worth 90.91
2026-03-20 expect balance A2 -34.59
2026-03-20 expect ledger 6800 10.82

# Yen over the drawing right: 119.00 / 1.25 x 200 = 19,040 yen; a rate of the same day has no difference.
2026-03-20 pay A3 19040 bank in JPY
2026-03-20 expect exchanged A3 19040 JPY counts 119.00 worth 119.00
2026-03-20 expect balance A3 0.00
2026-03-20 expect books balance

# A payment that is taken back is owed again in euros, and its difference with it.
2026-03-25 return payment A1
2026-03-25 expect balance A1 119.00
2026-03-25 expect ledger 6800 5.41

# No rate, an old one, and money that is none.
2026-03-25 refused no_exchange_rate pay A1 500.00 bank in SEK
2026-03-28 refused no_exchange_rate pay A1 124.95 bank in USD
2026-03-28 refused amount_not_payable pay A1 0.005 bank in XDR
2026-03-28 exchange rate EUR SEK 11.0000 source ECB
2026-03-28 refused rate_differs exchange rate EUR SEK 11.1000 source ECB
2026-03-28 refused rate_not_sound exchange rate EUR EUR 1 source ECB
2026-03-28 expect balance A1 119.00
2026-03-28 expect books balance
