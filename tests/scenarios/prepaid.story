# Paid before: a telephone with vouchers, an electricity meter that is cut off at zero, an internet line paid by the day.
business businesses/starling.yaml catalogue businesses/starling-prices.yaml

2026-01-01 account M1 "Ada Example" consumer bill-day 1
2026-01-01 contract MC1 of M1 offer talk line m-1
2026-01-01 prepaid M1 credit 1 low 2
2026-01-01 account M2 "Dorian Placeholder" consumer bill-day 1
2026-01-01 contract MC2 of M2 offer talk line m-2
2026-01-01 prepaid M2
2026-01-01 account E1 "Euphemia Test" consumer bill-day 1
2026-01-01 contract EC1 of E1 offer meter line e-1
2026-01-01 prepaid E1 cut at-zero
2026-01-01 account I1 "Ignatius Sample" consumer bill-day 1
2026-01-01 contract IC1 of I1 offer home line i-1
2026-01-01 prepaid I1 fee 40 days 30

# Five vouchers of 10.00; two are redeemed. 4.00 go to the other telephone, and the fee of 0.20.
2026-01-01 vouchers SPRING 5 worth 10 until 2026-03-31
2026-01-01 redeem voucher M1 of SPRING
2026-01-01 redeem voucher M2 of SPRING
2026-01-01 expect ledger 2300 -20.00
2026-01-02 transfer M1 to M2 4 fee 0.20
2026-01-02 expect money M1 5.8
2026-01-02 expect money M2 14

# 100 s at 0.07 a minute are 0.116666666667; of 5.8 are left 5.683333333333. 3600 s are 4.20: 1.483333333333.
2026-01-03 usage mapping:businesses/starling-usage.yaml <<END
id,line,kind,at,quantity
c-1,m-1,voice,2026-01-02T10:00:00,100
END
2026-01-03 rate
2026-01-03 expect money M1 5.683333333333
2026-01-03 expect network M1 activate recharged
2026-01-04 usage mapping:businesses/starling-usage.yaml <<END
id,line,kind,at,quantity
c-2,m-1,voice,2026-01-03T10:00:00,3600
END
2026-01-04 rate
2026-01-04 expect money M1 1.483333333333
2026-01-04 expect network M1 activate recharged threshold low_balance

# The ledger: 10 + 10 - 0.20 - 4.316666666667 = 15.483333333333, printed 15.48. Of 4.32 used for calls the tax of
# 20 % is 0.72, of the fee of 0.20 it is 0.03.
2026-01-04 balance run
2026-01-04 expect ledger 2300 -15.48
2026-01-04 expect ledger 2200 -0.75
2026-01-04 expect ledger voice -3.60
2026-01-04 expect ledger 4800 -0.17
2026-01-04 expect books balance

# 3600 s more cost 4.20: 1.483333333333 and, because the call was made, 2.716666666667 on credit.
# The next voucher makes that good first.
2026-01-05 usage mapping:businesses/starling-usage.yaml <<END
id,line,kind,at,quantity
c-3,m-1,voice,2026-01-04T10:00:00,3600
END
2026-01-05 rate
2026-01-05 expect money M1 -2.716666666667
2026-01-05 redeem voucher M1 of SPRING
2026-01-05 expect money M1 7.283333333333
2026-01-05 expect books balance

# Electricity: 10.00 last for 40.2 kWh. 41 kWh cost 10.1967: cut off, 0.1967 owed.
2026-01-05 top up E1 10
2026-01-07 usage mapping:businesses/starling-usage.yaml <<END
id,line,kind,at,quantity
r-1,e-1,energy,2026-01-06T00:00:00,20
END
2026-01-07 rate
2026-01-07 expect money E1 5.026
2026-01-07 expect service EC1 active
2026-01-08 usage mapping:businesses/starling-usage.yaml <<END
id,line,kind,at,quantity
r-2,e-1,energy,2026-01-07T00:00:00,21
END
2026-01-08 rate
2026-01-08 expect money E1 -0.1967
2026-01-08 expect service EC1 suspended
2026-01-09 top up E1 5
2026-01-09 expect money E1 4.8033
2026-01-09 expect service EC1 active
2026-01-09 expect network E1 activate recharged threshold threshold balance_used_up suspend restore recharged

# 40.00 a month of 30 days: 20.00 last 15 days, from 10 to 24 January.
2026-01-09 balance run
2026-01-09 expect service IC1 suspended
2026-01-10 top up I1 20
2026-01-10 expect money I1 18.666666666667
2026-01-10 expect service IC1 active
2026-01-24 balance run
2026-01-24 expect money I1 0
2026-01-24 expect service IC1 active
2026-01-25 balance run
2026-01-25 expect service IC1 suspended
2026-01-30 top up I1 40 until 2026-02-15
2026-01-30 expect service IC1 active

# What is not used by its day is lost: 17 days to 15 February cost 22.666666666666 of 40.00.
2026-02-15 balance run
2026-02-15 expect money I1 17.333333333333
2026-02-16 balance run
2026-02-16 expect service IC1 suspended
2026-02-16 expect books balance
2026-02-16 bill run
2026-02-16 expect no invoice M1
2026-02-16 expect no invoice E1
2026-02-16 expect books balance
