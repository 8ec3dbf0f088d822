# Funnel Wholesale buys capacity in blocks and sells it on to small operators. LARGE takes a block of 1,000 GB for
# 1,000.00 a month, used or not; what goes beyond costs 1.20. TINY buys by volume, with a least amount. VAT 19 %.

business businesses/funnel.yaml catalogue businesses/funnel-prices.yaml

2026-03-01 account LARGE "Example Operator One GmbH" business bill-day 1
2026-03-01 contract C1 of LARGE offer block host one
2026-03-01 account TINY "Example Operator Two GmbH" business bill-day 1
2026-03-01 contract C2 of TINY offer resale host two
2026-03-31 usage mapping:businesses/funnel-usage.yaml <<END
id,host,kind,at,quantity
a1,one,data,2026-03-10T00:00:00,700
a2,one,data,2026-03-20T00:00:00,550
a3,one,voice,2026-03-20T00:00:00,6000
b1,two,data,2026-03-10T00:00:00,60
b2,two,data,2026-03-20T00:00:00,40.5
END
2026-04-01 bill run

# LARGE: 1,250 GB x 1.20 = 1,500.00, of which the block covers the first 1,000: 1,200.00 come off and 1,000.00
#   are due. Voice 1,000 x 0.010 + 4,000 x 0.008 + 1,000 x 0.006 = 48.00. Net 1,348.00; VAT 256.12
2026-04-01 expect line LARGE "Data" quantity 1250000000000 net 1500.00
2026-04-01 expect line LARGE "Capacity: Data" quantity -1 net -1200.00
2026-04-01 expect line LARGE "Voice, tier 2" quantity 240000 net 32.00
2026-04-01 expect invoice LARGE net 1348.00 tax 256.12 total 1604.12 EUR

# TINY: 100.5 GB is past 100, so all of it costs 1.35: 135.675. VAT of exactly 135.675 = 25.7783
2026-04-01 expect line TINY "Data" quantity 100500000000 net 135.68
2026-04-01 expect invoice TINY net 135.68 tax 25.78 total 161.46 EUR

# April: the block is used to a tenth and paid whole; TINY uses nothing and owes the least.
# 20 GB of March come late to LARGE, at 1.20 beyond its block: 24.00.
2026-04-30 usage mapping:businesses/funnel-usage.yaml <<END
id,host,kind,at,quantity
a4,one,data,2026-04-10T00:00:00,100
a5,one,data,2026-03-31T00:00:00,20
END
2026-05-01 bill run
2026-05-01 expect line LARGE "Capacity: Data" quantity -1 net -120.00
2026-05-01 expect invoice LARGE net 1024.00 tax 194.56 total 1218.56 EUR
2026-05-01 expect line TINY "Minimum" quantity 1 net 50.00
2026-05-01 expect invoice TINY net 50.00 tax 9.50 total 59.50 EUR
2026-05-01 expect books balance
