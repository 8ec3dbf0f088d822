# Sedge Gas, paid before: cards from a shop, a standing charge by the day, emergency credit of 5.00, shut at the end of it, opened
# again by a recharge. 7.42 p a kWh and 29.60 p a day, with VAT of 5 % in them. A day's reading of 3 m3 at 39.5 MJ is
# 3 x 1.02264 x 39.5 / 3.6 = 33.6619 kWh.
business businesses/sedge.yaml catalogue businesses/sedge-prepaid-prices.yaml

2026-01-01 account P1 "Ada Example" consumer bill-day 1
2026-01-01 contract PC1 of P1 offer prepay meter PG1
2026-01-01 prepaid P1 credit 5 low 3 fee 0.296 days 1 tax energy cut at-zero
2026-01-01 vouchers GASCARD 3 worth 10 until 2026-12-31
2026-01-01 redeem voucher P1 of GASCARD
2026-01-01 balance run
2026-01-01 expect money P1 9.704

# 33.6619 kWh x 0.0742 = 2.49771298, and the next day's standing charge.
2026-01-02 usage mapping:businesses/sedge-usage.yaml <<END
id,meter,kind,day,advance,calorific
p1,PG1,gas,2026-01-01,3,39.5
END
2026-01-02 rate
2026-01-02 balance run
2026-01-02 expect money P1 6.91028702

# A cold day, 8 m3: 89.765066667 kWh cost 6.660567946667. Low, told; the standing charge of the 3rd goes to emergency credit.
2026-01-03 usage mapping:businesses/sedge-usage.yaml <<END
id,meter,kind,day,advance,calorific
p2,PG1,gas,2026-01-02,8,39.5
END
2026-01-03 rate
2026-01-03 expect money P1 0.249719073309
2026-01-03 expect network P1 activate recharged threshold low_balance
2026-01-03 balance run
2026-01-03 expect money P1 -0.046280926691
2026-01-03 expect service PC1 active

# Emergency credit ends at -5.00: 6 m3, 67.3238 kWh, cost 4.99542596, and the valve is shut.
2026-01-04 usage mapping:businesses/sedge-usage.yaml <<END
id,meter,kind,day,advance,calorific
p3,PG1,gas,2026-01-03,6,39.5
END
2026-01-04 rate
2026-01-04 expect money P1 -5.041706886691
2026-01-04 expect service PC1 suspended
2026-01-04 balance run
2026-01-04 expect money P1 -5.041706886691

# Days without gas cost no standing charge. The next card makes the credit good, pays that day and opens the valve.
2026-01-07 redeem voucher P1 of GASCARD
2026-01-07 expect service PC1 active
2026-01-07 expect money P1 4.662293113309
2026-01-07 refused wrong_pin redeem voucher P1 of NOCARD
2026-01-08 top up P1 20
2026-01-08 balance run
2026-01-08 expect money P1 24.366293113309

# The books: 40.00 came in, 15.633706886691 was used and printed 15.63: 14.15 of gas, 1.48 of standing charges, of each
# day's sum 5 / 105 tax in whole pence.
2026-01-08 expect ledger 2300 -24.37
2026-01-08 expect ledger 2200 -0.73
2026-01-08 expect books balance
2026-02-01 bill run
2026-02-01 expect no invoice P1
