# Late usage that makes a month cheaper: with the last gigabytes all of it falls into a lower price, and what was
# billed too much comes back as a difference.
business businesses/funnel.yaml catalogue businesses/funnel-prices.yaml

2026-03-01 account A1 "Example Operator GmbH" business bill-day 1
2026-03-01 contract C1 of A1 offer resale host one
2026-03-31 usage mapping:businesses/funnel-usage.yaml <<END
id,host,kind,at,quantity
a1,one,data,2026-03-10T00:00:00,99
END
# 99 GB x 1.50 = 148.50; VAT 28.215
2026-04-01 bill run
2026-04-01 expect invoice A1 net 148.50 tax 28.22 total 176.72 EUR

# 101 GB x 1.35 = 136.35, 12.15 less than was billed. April: 30 GB x 1.50 = 45.00, and 5.00 to the least.
2026-04-20 usage mapping:businesses/funnel-usage.yaml <<END
id,host,kind,at,quantity
a2,one,data,2026-03-31T00:00:00,2
a3,one,data,2026-04-10T00:00:00,30
END
2026-05-01 bill run
2026-05-01 expect line A1 "Data, tier 1, difference" quantity -99000000000 net -148.50
2026-05-01 expect line A1 "Data, tier 2, difference" quantity 101000000000 net 136.35
2026-05-01 expect line A1 "Minimum" quantity 1 net 5.00
2026-05-01 expect invoice A1 net 37.85 tax 7.19 total 45.04 EUR

# 2 GB more of April: 32 x 1.50 = 48.00, so of the least 2.00 are left and the month still costs 50.00.
2026-05-20 usage mapping:businesses/funnel-usage.yaml <<END
id,host,kind,at,quantity
a4,one,data,2026-04-30T00:00:00,2
a5,one,data,2026-05-02T00:00:00,200
END
2026-06-01 bill run
2026-06-01 expect line A1 "Minimum" quantity -1 net -3.00
2026-06-01 expect invoice A1 net 270.00 tax 51.30 total 321.30 EUR
2026-06-01 expect books balance
