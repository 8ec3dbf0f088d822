# Tarn Power: a roof whose surplus is settled after three cycles (a year in little), and demand in kVA.
# Prices are those of businesses/tarn-roof-prices.yaml; the sums are made by hand, without VAT of 20 %.

business businesses/tarn.yaml catalogue businesses/tarn-roof-prices.yaml

2026-01-01 account A1 "Ada Example" business bill-day 1 segment consumer
2026-01-01 contract C1 of A1 offer roof meter M1

# 3 kWh and 4 kvarh in a quarter of an hour are 5 kVAh, 20 kVA. 100 kWh fed in leave 97.
2026-01-20 usage mapping:businesses/tarn-roof-reads.yaml <<END
id,meter,kind,at,count
1,M1,import,2026-01-12T10:00:00,3
2,M1,reactive,2026-01-12T10:05:00,4
3,M1,export,2026-01-12T12:00:00,100
END
2026-02-01 bill run
2026-02-01 expect line A1 "Demand" quantity 20 net 40.00
2026-02-01 expect invoice A1 net 40.00 tax 8.00 total 48.00 GBP

# 97 - 6 + 20 = 111; 6 kWh without kvarh are 24 kVA.
2026-02-20 usage mapping:businesses/tarn-roof-reads.yaml <<END
id,meter,kind,at,count
4,M1,import,2026-02-12T10:00:00,6
5,M1,export,2026-02-12T12:00:00,20
END
2026-03-01 bill run
2026-03-01 expect invoice A1 net 48.00 tax 9.60 total 57.60 GBP

# 111 - 11 = 100, settled: 100 x 0.05 = 5.00; demand 44 kVA, 88.00.
2026-03-20 usage mapping:businesses/tarn-roof-reads.yaml <<END
id,meter,kind,at,count
6,M1,import,2026-03-12T10:00:00,11
END
2026-04-01 bill run
2026-04-01 expect line A1 "Energy, surplus" quantity 100 net -5.00
2026-04-01 expect invoice A1 net 83.00 tax 16.60 total 99.60 GBP
2026-04-01 expect books balance

# 10 kWh of March come late: 110 were to be settled, 0.50 more. April begins anew: 5 x 0.30 = 1.50;
# demand 20 kVA, 40.00.
2026-04-20 usage mapping:businesses/tarn-roof-reads.yaml <<END
id,meter,kind,at,count
7,M1,export,2026-03-12T12:00:00,10
8,M1,import,2026-04-12T10:00:00,5
END
2026-05-01 bill run
2026-05-01 expect line A1 "Energy, surplus, difference" quantity 10 net -0.50
2026-05-01 expect invoice A1 net 41.00 tax 8.20 total 49.20 GBP
2026-05-01 expect books balance
