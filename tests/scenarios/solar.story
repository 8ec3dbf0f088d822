# Two roofs. One sets what it feeds in against what it takes, and carries a surplus on; the other is paid for all it feeds
# in, so that a bill can come to less than nothing. Figures are made by hand; VAT 19 %.
business businesses/sparrow.yaml catalogue businesses/sparrow-solar-prices.yaml

2026-03-01 account A1 "Ada Example" consumer bill-day 1
2026-03-01 contract C1 of A1 offer carried meter m-1
2026-03-01 account A2 "Ben Example" consumer bill-day 1
2026-03-01 contract C2 of A2 offer feed-in meter m-2

2026-04-01 usage mapping:businesses/sparrow-solar-usage.yaml <<END
id,meter,kind,at,kwh
a1,m-1,import,2026-03-02T10:00:00,200
a2,m-1,export,2026-03-02T12:00:00,80
b1,m-2,import,2026-03-02T10:00:00,50
b2,m-2,export,2026-03-02T12:00:00,400
END
# Ada: 120 kWh, 100 x 0.30 + 20 x 0.40 = 38.00. Ben: 50 x 0.30 = 15.00 less 400 x 0.08 = 32.00: he has 17.00 to get, with tax.
2026-04-01 bill run
2026-04-01 expect invoice A1 net 38.00 tax 7.22 total 45.22 EUR
2026-04-01 expect line A2 "Solar" quantity 400 net -32.00
2026-04-01 expect invoice A2 net -17.00 tax -3.23 total -20.23 EUR
2026-04-01 expect balance A2 -20.23

# April: Ada feeds in 100 more than she takes, and carries them on. Ben takes 300 for 90.00, and what he had to get is set
# against it: 107.10 - 20.23.
2026-05-01 usage mapping:businesses/sparrow-solar-usage.yaml <<END
id,meter,kind,at,kwh
a3,m-1,import,2026-04-02T10:00:00,50
a4,m-1,export,2026-04-02T12:00:00,150
b3,m-2,import,2026-04-02T10:00:00,300
END
2026-05-01 bill run
2026-05-01 expect balance A1 45.22
2026-05-01 expect invoice A2 net 90.00 tax 17.10 total 107.10 EUR
2026-05-01 expect balance A2 86.87

# May: 70 of the 100 are used up. June: 70 less the 30 that are left are 40 x 0.30 = 12.00.
2026-07-01 usage mapping:businesses/sparrow-solar-usage.yaml <<END
id,meter,kind,at,kwh
a5,m-1,import,2026-05-02T10:00:00,70
a6,m-1,import,2026-06-02T10:00:00,70
END
2026-07-01 bill run
2026-07-01 expect invoice A1 net 12.00 tax 2.28 total 14.28 EUR
2026-07-01 expect balance A1 59.50
2026-07-01 expect books balance
