# A recharge makes good what was used on credit: money of an account that goes from one of its buckets to another, at twelve
# decimals, is nothing in the books, whatever the cents of either are.
business businesses/sedge.yaml catalogue businesses/sedge-prepaid-prices.yaml
2026-01-01 account P1 "Ada Example" consumer bill-day 1
2026-01-01 contract PC1 of P1 offer prepay meter PG1
2026-01-01 prepaid P1 credit 5 low 3 fee 0.296 days 1 tax energy cut at-zero
2026-01-01 vouchers GASCARD 3 worth 10 until 2026-12-31
2026-01-01 redeem voucher P1 of GASCARD
2026-01-01 balance run
2026-01-01 expect books balance
2026-01-02 usage mapping:businesses/sedge-usage.yaml <<END
id,meter,kind,day,advance,calorific
p1,PG1,gas,2026-01-01,3,39.5
END
2026-01-02 rate
2026-01-02 balance run
2026-01-02 expect books balance
2026-01-03 usage mapping:businesses/sedge-usage.yaml <<END
id,meter,kind,day,advance,calorific
p2,PG1,gas,2026-01-02,8,39.5
END
2026-01-03 rate
2026-01-04 usage mapping:businesses/sedge-usage.yaml <<END
id,meter,kind,day,advance,calorific
p3,PG1,gas,2026-01-03,6,39.5
END
2026-01-04 rate
2026-01-04 balance run
2026-01-04 expect books balance
2026-01-07 redeem voucher P1 of GASCARD
2026-01-07 refused wrong_pin redeem voucher P1 of NOCARD
2026-01-08 top up P1 20
2026-01-08 balance run
2026-01-08 expect books balance
2026-01-08 expect books balance
2026-02-01 bill run
