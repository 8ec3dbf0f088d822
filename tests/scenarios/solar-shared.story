# Tarn Power: what one site of a firm feeds in is set against what all of them use. Late, too.
# Prices are those of businesses/tarn-campus-prices.yaml; sums are made by hand, without VAT of 20 %.

business businesses/tarn.yaml catalogue businesses/tarn-campus-prices.yaml

2026-01-01 account FIRM "Firm of Example" business bill-day 1 segment consumer
2026-01-01 account BRANCH "Branch of Example" business bill-day 1 segment consumer under FIRM
2026-01-01 contract F1 of FIRM offer campus meter M1
2026-01-01 contract B1 of BRANCH offer campus meter M2

# 100 - 30 = 70 kWh x 0.30 = 21.00
2026-01-20 usage mapping:businesses/tarn-roof-reads.yaml <<END
id,meter,kind,at,count
1,M1,import,2026-01-12T10:00:00,100
2,M2,export,2026-01-12T12:00:00,30
END
2026-02-01 bill run
2026-02-01 expect line FIRM "Energy" quantity 70 net 21.00

# 20 kWh that the branch fed in come late: 20 less x 0.30. February: 10 x 0.30 = 3.00
2026-02-20 usage mapping:businesses/tarn-roof-reads.yaml <<END
id,meter,kind,at,count
3,M2,export,2026-01-15T12:00:00,20
4,M1,import,2026-02-12T10:00:00,10
END
2026-03-01 bill run
2026-03-01 expect line FIRM "Energy, difference" quantity -20 net -6.00
2026-03-01 expect invoice FIRM net -3.00 tax -0.60 total -3.60 GBP
2026-03-01 expect books balance
