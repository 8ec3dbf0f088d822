# Three levels of one business: a network sells to an aggregator, the aggregator to two brands, a brand to its customers.
# The same calls are rated three times, each by the price list between two of them: the statements have the same seconds on
# them, whatever each is billed by. Figures are made by hand; VAT 19 %.
business businesses/funnel.yaml catalogue businesses/funnel-levels-prices.yaml

# What the network will ask of us, to be held against its invoice; what we ask of the brands; what brand one asks.
2026-03-01 account HOST "Example Network GmbH" business bill-day 1
2026-03-01 contract H of HOST offer host party network
2026-03-01 account ONE "Example Brand One GmbH" business bill-day 1
2026-03-01 contract B1 of ONE offer brand party one
2026-03-01 account TWO "Example Brand Two GmbH" business bill-day 1
2026-03-01 contract B2 of TWO offer brand party two
2026-03-01 account ADA "Ada Example" consumer bill-day 1
2026-03-01 contract S1 of ADA offer retail party ada
2026-03-01 account BEN "Ben Example" consumer bill-day 1
2026-03-01 contract S2 of BEN offer retail party ben
2026-03-01 account CAI "Cai Example" consumer bill-day 1
2026-03-01 contract S3 of CAI offer retail party cai

2026-04-01 usage mapping:businesses/funnel-levels-usage.yaml <<END
id,party,at,seconds
s1,ada,2026-03-10T09:00:00,54000
s2,ben,2026-03-11T09:00:00,12000
s3,cai,2026-03-12T09:00:00,61
b1,one,2026-03-10T09:00:00,54000
b2,one,2026-03-11T09:00:00,12000
b3,two,2026-03-12T09:00:00,61
h1,network,2026-03-10T09:00:00,54000
h2,network,2026-03-11T09:00:00,12000
h3,network,2026-03-12T09:00:00,61
END
2026-04-01 bill run

# Customers: 900 min, 200 min and a minute and a second, which is billed as two. Brand one pays 1000 min x 0.012 and
# 100 x 0.010 = 13.00 for its 99.00; brand two 61 s, 0.0122. The network asks 66,061 s x 0.006 a minute, 6.6061.
2026-04-01 expect line ADA "Calls" quantity 54000 net 81.00
2026-04-01 expect line BEN "Calls" quantity 12000 net 18.00
2026-04-01 expect line CAI "Calls" quantity 120 net 0.18
2026-04-01 expect invoice CAI net 0.18 tax 0.03 total 0.21 EUR
2026-04-01 expect line ONE "Voice" quantity 66000 net 13.00
2026-04-01 expect invoice ONE net 13.00 tax 2.47 total 15.47 EUR
2026-04-01 expect line TWO "Voice" quantity 61 net 0.01
2026-04-01 expect invoice TWO net 0.01 tax 0.00 total 0.01 EUR
2026-04-01 expect line HOST "Voice" quantity 66061 net 6.61
2026-04-01 expect invoice HOST net 6.61 tax 1.26 total 7.87 EUR
2026-04-01 expect books balance
