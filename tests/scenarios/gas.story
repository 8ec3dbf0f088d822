# Sedge Gas: a meter counts volume, a bill counts energy. Cubic metres become kilowatt-hours by the
# correction factor 1.02264 and the calorific value of the day; an old meter counts hundreds of cubic
# feet, 2.83 m3 each. The two conversions are the published ones; homes bear VAT at 5 %.

business businesses/sedge.yaml catalogue businesses/sedge-prices.yaml

2026-01-01 account NEW "Ada Example" consumer bill-day 1
2026-01-01 contract C1 of NEW offer home meter G1
2026-01-01 account OLD "Bob Example" consumer bill-day 1
2026-01-01 contract C2 of OLD offer old-meter meter G2

# The third row lacks its calorific value. Nobody guesses one: it waits.
2026-01-20 usage mapping:businesses/sedge-usage.yaml <<END
id,meter,kind,day,advance,calorific
r1,G1,gas,2026-01-15,2,39.3
r2,G2,feet,2026-01-15,1,39.47333
r3,G1,gas,2026-01-16,2,
END
2026-02-01 bill run
2026-02-01 expect suspense no_number 1

# 2 m3 x 1.02264 x 39.3 / 3.6 = 22.32764, printed as 22 kWh in the guide; x 0.07 = 1.5629
#   standing 9.30; net 10.86; VAT 5 % of 10.8629 = 0.54
2026-02-01 expect line NEW "Gas" quantity 22.32764 net 1.56
2026-02-01 expect tax NEW VAT taxable 10.86 tax 0.54
2026-02-01 expect invoice NEW net 10.86 tax 0.54 total 11.40 GBP

# 1 unit x 2.83 x 1.02264 x 39.47333 / 3.6 = 31.732952089, the guide's 31.73 kWh; x 0.07 = 2.2213
#   standing 9.30; net 11.52; VAT 5 % of 11.5213 = 0.576
2026-02-01 expect line OLD "Gas" quantity 31.732952089 net 2.22
2026-02-01 expect invoice OLD net 11.52 tax 0.58 total 12.10 GBP

# The calorific value changes within the month: 50 m3 at 39.3 and 50 m3 at 38.9.
#   558.191 + 552.509611111 = 1110.700666667 kWh; x 0.07 = 77.7490
#   standing 9.30; net 87.05; VAT 5 % of 87.0490 = 4.35
2026-02-20 usage mapping:businesses/sedge-usage.yaml <<END
id,meter,kind,day,advance,calorific
r4,G1,gas,2026-02-05,50,39.3
r5,G1,gas,2026-02-15,50,38.9
END
2026-03-01 bill run
2026-03-01 expect line NEW "Gas" quantity 1110.700666667 net 77.75
2026-03-01 expect invoice NEW net 87.05 tax 4.35 total 91.40 GBP
2026-03-01 expect invoice OLD net 9.30 tax 0.47 total 9.77 GBP
2026-03-01 expect balance NEW 102.80
2026-03-01 expect ledger 1200 124.67
2026-03-01 expect books balance
