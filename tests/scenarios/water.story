# Rushmere Water: a bill of the charge year 2020, worked as its guide publishes it. The standing charge is
# a price by the year; who moves out after 90 of its 365 days owes 90 of them. Water for homes is zero-rated.

business businesses/rushmere.yaml catalogue businesses/rushmere-prices.yaml

2021-01-01 account A1 "Ada Example" consumer bill-day 1
2021-01-01 contract C1 of A1 offer metered meter W1
2021-03-31 usage mapping:businesses/reads.yaml <<END
id,meter,day,advance
r1,W1,2021-03-31,45
END

# 45 m3 x 1.0685 = 48.0825, printed 48.08; 28.76 x 90 / 365 = 7.0915, printed 7.09; together 55.17.
2021-04-01 end contract C1
2021-04-01 bill run
2021-04-01 expect line A1 "Water" quantity 45 net 48.08
2021-04-01 expect invoice A1 net 55.17 tax 0.00 total 55.17 GBP
2021-04-12 pay A1 55.17 direct_debit
2021-04-12 expect balance A1 0.00
2021-04-12 expect books balance
