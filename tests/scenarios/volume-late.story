# Tarn Power: all units cost what the tier reached says, and two things move what was billed: usage
# that comes late, and an own price in the middle of a month. Sums are made by hand, without VAT of 20 %.

business businesses/tarn.yaml catalogue businesses/tarn-bulk-prices.yaml

2026-01-01 account A1 "Ada Example" business bill-day 1 segment consumer
2026-01-01 contract C1 of A1 offer bulk meter M1

# 90 kWh in the first tier: 27.00
2026-01-20 usage mapping:businesses/tarn-roof-reads.yaml <<END
id,meter,kind,at,count
1,M1,import,2026-01-12T10:00:00,90
END
2026-02-01 bill run
2026-02-01 expect line A1 "Energy, tier 1" quantity 90 net 27.00
2026-02-01 expect invoice A1 net 27.00 tax 5.40 total 32.40 GBP

# 30 kWh of January come late: 120 x 0.20 = 24.00. The bill takes back one line and adds another.
# February: 50 x 0.30 = 15.00
2026-02-20 usage mapping:businesses/tarn-roof-reads.yaml <<END
id,meter,kind,at,count
2,M1,import,2026-01-15T10:00:00,30
3,M1,import,2026-02-12T10:00:00,50
END
2026-03-01 bill run
2026-03-01 expect line A1 "Energy, tier 1, difference" quantity -90 net -27.00
2026-03-01 expect line A1 "Energy, tier 2, difference" quantity 120 net 24.00
2026-03-01 expect line A1 "Energy, tier 1" quantity -40 net -12.00
2026-03-01 expect invoice A1 net 12.00 tax 2.40 total 14.40 GBP
2026-03-01 expect books balance

# From 11 April on its own price: April is cut there. Ten of thirty days by the price list, whose limit
# is 100 x 10 / 30 = 33.333333333: 40 x 0.20 = 8.00. Then 60 x 0.10 = 6.00.
2026-04-11 override energy of C1 "0.10 per kWh"
2026-04-20 usage mapping:businesses/tarn-roof-reads.yaml <<END
id,meter,kind,at,count
4,M1,import,2026-04-05T10:00:00,40
5,M1,import,2026-04-15T10:00:00,60
END
2026-05-01 bill run
2026-05-01 expect line A1 "Energy, tier 2" quantity 40 net 8.00
2026-05-01 expect invoice A1 net 14.00 tax 2.80 total 16.80 GBP
2026-05-01 expect books balance
