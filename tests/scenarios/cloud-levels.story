# Levels as OpenStack's CloudKitty has them: the highest level reached prices the whole quantity. A little more may so
# cost less than a little less did. Figures are made by hand; VAT 19 %.
business businesses/cumulus.yaml catalogue businesses/cumulus-levels-prices.yaml

2026-03-01 account A1 "Example Lab" business bill-day 1
2026-03-01 contract C1 of A1 offer space host one
2026-03-01 account A2 "Example Shop" business bill-day 1
2026-03-01 contract C2 of A2 offer space host two
2026-03-01 account A3 "Example Studio" business bill-day 1
2026-03-01 contract C3 of A3 offer space host three
2026-04-01 usage mapping:businesses/funnel-usage.yaml <<END
id,host,kind,at,quantity
a1,one,data,2026-03-10T00:00:00,100
b1,two,data,2026-03-10T00:00:00,60
b2,two,data,2026-03-20T00:00:00,40.5
c1,three,data,2026-03-10T00:00:00,600
END
# 100 GB are still in the first level: 10.00. 100.5 GB reach the second, all of them: x 0.08 = 8.04. 600 GB: x 0.05 = 30.00.
2026-04-01 bill run
2026-04-01 expect invoice A1 net 10.00 tax 1.90 total 11.90 EUR
2026-04-01 expect invoice A2 net 8.04 tax 1.53 total 9.57 EUR
2026-04-01 expect invoice A3 net 30.00 tax 5.70 total 35.70 EUR

# One GB of March comes late to the first: 101 GB cost 8.08, so 1.92 come back.
2026-04-20 usage mapping:businesses/funnel-usage.yaml <<END
id,host,kind,at,quantity
a2,one,data,2026-03-31T00:00:00,1
END
2026-05-01 bill run
2026-05-01 expect invoice A1 net -1.92 tax -0.36 total -2.28 EUR
2026-05-01 expect no invoice A2
2026-05-01 expect books balance
