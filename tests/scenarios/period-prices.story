# Tarn Power: a works whose energy is priced by day and night, in tiers that grow with its demand;
# demand has a ratchet. One read comes after its bill. The sums are made by hand.

business businesses/tarn.yaml catalogue businesses/tarn-prices.yaml

2026-01-01 account A1 "Ada Example" business bill-day 1 segment consumer
2026-01-01 contract C1 of A1 offer works meter M1
2026-01-01 expect no invoice A1

# Two quarter-hours of one half-hour: 12 + 8 = 20 kWh, so 40 kW. Night 30 kWh at 01:00 and 02:00,
# each half-hour 15 kWh.
2026-01-20 usage mapping:businesses/tarn-reads.yaml <<END
id,meter,at,kwh
j1,M1,2026-01-12T09:00:00,12
j2,M1,2026-01-12T09:15:00,8
j3,M1,2026-01-13T10:00:00,18
j4,M1,2026-01-13T11:00:00,20
j5,M1,2026-01-13T12:00:00,20
j6,M1,2026-01-13T13:00:00,20
j7,M1,2026-01-14T10:00:00,20
j8,M1,2026-01-14T11:00:00,20
j9,M1,2026-01-14T12:00:00,20
ja,M1,2026-01-14T13:00:00,20
jb,M1,2026-01-14T14:00:00,20
jc,M1,2026-01-14T15:00:00,20
jd,M1,2026-01-15T10:00:00,20
je,M1,2026-01-15T11:00:00,20
jf,M1,2026-01-15T12:00:00,20
jg,M1,2026-01-15T13:00:00,20
jh,M1,2026-01-15T14:00:00,20
ji,M1,2026-01-15T15:00:00,20
jj,M1,2026-01-15T16:00:00,20
jk,M1,2026-01-15T17:00:00,20
jl,M1,2026-01-15T18:00:00,2
jm,M1,2026-01-16T01:00:00,20
jn,M1,2026-01-16T02:00:00,20
jo,M1,2026-01-16T03:00:00,20
jp,M1,2026-01-16T04:00:00,20
jq,M1,2026-01-16T05:00:00,20
END
# Day: 12 + 8 + 18 + 3x20 + 6x20 + 8x20 + 2 = 380; night 5 x 20 = 100; all 480.
# Demand 40 kW x 7.20 = 288.00. First tier 10 x 40 = 400 of the 480, shared 380 : 100.
#   day    400 x 380/480 = 316.666666667 x 0.30 = 95.0000000001   95.00
#          63.333333333 x 0.25 = 15.83333333325                   15.83
#   night  83.333333333 x 0.20 = 16.6666666666                    16.67
#          16.666666667 x 0.15 = 2.50000000005                     2.50
#   standing 20.00; net 438.00; VAT 20 % of 437.9999999999999 = 87.60
2026-02-01 bill run
2026-02-01 expect invoice A1 net 438.00 tax 87.60 total 525.60 GBP
2026-02-01 expect line A1 "Energy, day, tier 1" quantity 316.666666667 net 95.00
2026-02-01 expect line A1 "Energy, night, tier 2" quantity 16.666666667 net 2.50
2026-02-01 expect line A1 "Demand" quantity 40 net 288.00
2026-02-01 expect books balance

# February: 30 kWh by day in two half-hours, 15 kWh each: 30 kW, of which the ratchet makes 80 % of 40 = 32.
# A read of January comes now: 6 kWh at 09:20 on the 12th, into the half-hour of 20: 26 kWh are 52 kW.
2026-02-20 usage mapping:businesses/tarn-reads.yaml <<END
id,meter,at,kwh
f1,M1,2026-02-10T10:00:00,15
f2,M1,2026-02-10T12:00:00,15
j0,M1,2026-01-12T09:20:00,6
END
# January again: demand 52 x 7.20 = 374.40, 12 kW more: 86.40. First tier 520 holds all 486 kWh:
#   day   386 x 0.30 = 115.80, was 316.666666667: 69.333333333 more at 0.30 = 20.80
#         63.333333333 less at 0.25 = -15.83
#   night 100 x 0.20 = 20.00: 16.666666667 more at 0.20 = 3.33, less at 0.15 = -2.50
# February: demand 80 % of 52 = 41.6 x 7.20 = 299.52; day 30 x 0.30 = 9.00; standing 20.00
#   net 92.20 + 328.52 = 420.72; VAT 20 % of 420.72 = 84.14
2026-03-01 bill run
2026-03-01 expect line A1 "Demand, difference" quantity 12 net 86.40
2026-03-01 expect line A1 "Energy, day, tier 1, difference" quantity 69.333333333 net 20.80
2026-03-01 expect line A1 "Energy, night, tier 2, difference" quantity -16.666666667 net -2.50
2026-03-01 expect line A1 "Demand" quantity 53.6 net 385.92
2026-03-01 expect invoice A1 net 420.72 tax 84.14 total 504.86 GBP
2026-03-01 expect books balance

# The contract ends on 11 March: ten days; the demand of the months before stands.
#   standing 20 x 10/31 = 6.4516 6.45; demand 41.6 x 7.20 = 299.52; net 305.97; VAT 61.19
2026-03-11 end contract C1
2026-03-11 bill run
2026-03-11 expect invoice A1 net 305.97 tax 61.19 total 367.16 GBP
2026-03-11 expect books balance

# Demand was to cost 7.00. January had 52 kW, February 41.6, March 41.6: 0.20 x 135.2 = 27.04 comes
# back, though the contract has ended; VAT 5.41.
2026-04-10 prices businesses/tarn-mended-prices.yaml correcting 2000-01-01
2026-04-10 rate again from 2026-01-01 to 2026-03-31
2026-04-10 bill run
2026-04-10 expect invoice A1 net -27.04 tax -5.41 total -32.45 GBP
2026-04-10 expect books balance
