# A rate that was lowered for half a year: the day of the invoice decides.
business businesses/sparrow.yaml catalogue businesses/sparrow-2020-prices.yaml

2020-06-01 account A1 "Ada Example" consumer bill-day 1
2020-06-01 contract C1 of A1 offer line
2020-06-01 bill run
2020-06-01 expect tax A1 USt taxable 29.95 tax 5.69
2020-06-01 expect invoice A1 net 29.95 tax 5.69 total 35.64 EUR
2020-07-01 bill run
2020-07-01 expect tax A1 USt taxable 29.95 tax 4.79
2020-07-01 expect invoice A1 net 29.95 tax 4.79 total 34.74 EUR
# August to December in one bill: 5 x 29.95
2020-12-01 bill run
2020-12-01 expect invoice A1 net 149.75 tax 23.96 total 173.71 EUR
2021-01-01 bill run
2021-01-01 expect invoice A1 net 29.95 tax 5.69 total 35.64 EUR
2021-01-01 expect books balance
