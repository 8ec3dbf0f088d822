# What is owed in dollars is valued in euros at the end of a month: gained or lost, not realised, and taken back the next
# morning, so that the money that pays it counts nothing twice. Figures are made by hand; VAT 19 %.
business businesses/kittiwake.yaml catalogue businesses/kittiwake-dollar-prices.yaml

2026-02-01 account A1 "Ada Example" business bill-day 1 in USD
2026-02-01 account A2 "Ben Example" business bill-day 1 in USD
2026-02-01 contract C1 of A1 offer port msisdn 15550100001
2026-02-01 contract C2 of A2 offer port msisdn 15550100002
2026-03-01 exchange rate EUR USD 1.0500 source ECB
2026-03-01 bill run
2026-03-01 expect invoice A1 net 100.00 tax 19.00 total 119.00 USD

# Ben pays 219.00: 119.00 for his invoice, and 100.00 stand to his credit since the 20th. Ada leaves a deposit of 55.00.
2026-03-20 exchange rate EUR USD 1.1000 source ECB
2026-03-20 pay A2 219.00 bank in USD
2026-03-20 deposit A1 55.00

# The month cannot be closed without the rate of its last day, and a rehearsal says so too; nothing is posted.
2026-03-31 refused rates_missing close books through 2026-03-31
2026-03-31 expect ledger 1250 0 through 2026-03-31
2026-03-31 exchange rate EUR USD 1.2500 source ECB
2026-03-31 close books through 2026-03-31

# Ada owes 119.00: 113.33 at 1.05, 95.20 at 1.25, 18.13 lost. Ben's 100.00 are owed to him: 90.91 at 1.10, 80.00 at 1.25,
# 10.91 gained; Ada's 55.00: 50.00 and 44.00, 6.00 gained.
2026-03-31 expect ledger 1290 -18.13 through 2026-03-31
2026-03-31 expect ledger 2190 10.91 through 2026-03-31
2026-03-31 expect ledger 2390 6.00 through 2026-03-31
2026-03-31 expect ledger 6850 18.13 through 2026-03-31
2026-03-31 expect ledger 4950 -16.91 through 2026-03-31
2026-03-31 expect books balance

# The next day it is gone: what pays the items later counts from the rates of their own days.
2026-04-01 expect ledger 1290 0 through 2026-04-01
2026-04-01 expect ledger 2190 0 through 2026-04-01
2026-04-01 expect ledger 2390 0 through 2026-04-01
2026-04-01 expect ledger 6850 0 through 2026-04-01
2026-04-01 expect ledger 4950 0 through 2026-04-01
2026-04-01 bill run
2026-04-01 expect balance A2 19.00
2026-04-05 pay A1 238.00 bank in USD
2026-04-05 expect balance A1 0.00
2026-04-05 expect ledger 6800 0

# April: 19.00 of Ben's bill of 1 April are 15.20 at 1.25 and 15.83 at 1.20; the deposit is 50.00 and 45.83. Told twice, the
# evening is the same; a rate that was wrong is put right while the month is open.
2026-04-30 exchange rate EUR USD 1.2400 source ECB
2026-04-30 turn books through 2026-04-30
2026-04-30 exchange rate EUR USD 1.2000 source IMF
2026-04-30 turn books through 2026-04-30
2026-04-30 close books through 2026-04-30
2026-04-30 expect ledger 1290 0.63 through 2026-04-30
2026-04-30 expect ledger 2390 4.17 through 2026-04-30
2026-04-30 expect ledger 4950 -4.80 through 2026-04-30
2026-04-30 expect ledger 6850 0 through 2026-04-30
2026-04-30 expect books balance
