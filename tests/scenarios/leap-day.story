# Begun on 29 February: a year ends with 28 February where there is no 29th, and comes back to it. A bill day of 31 falls on
# the last day of each month and never drifts.
business businesses/sparrow.yaml catalogue businesses/sparrow-leap-prices.yaml

2028-01-31 account A2 "Bob Example" consumer bill-day 31
2028-01-31 contract C2 of A2 offer month
2028-01-31 bill run
2028-01-31 expect invoice A2 net 29.00 tax 5.51 total 34.51 EUR
2028-02-28 bill run
2028-02-28 expect no invoice A2
2028-02-29 account A1 "Ada Example" consumer bill-day 29
2028-02-29 contract C1 of A1 offer year
2028-02-29 bill run
2028-02-29 expect invoice A2 net 29.00 tax 5.51 total 34.51 EUR
2028-02-29 expect invoice A1 net 366.00 tax 69.54 total 435.54 EUR
2028-03-30 bill run
2028-03-30 expect no invoice A2
2028-03-31 bill run
2028-03-31 expect invoice A2 net 29.00 tax 5.51 total 34.51 EUR
# The month of 31 March to 29 April has 30 days; he leaves after ten of them.
2028-04-10 end contract C2
2028-04-10 bill run
2028-04-10 expect invoice A2 net -19.33 tax -3.67 total -23.00 EUR

2029-02-27 bill run
2029-02-27 expect no invoice A1
2029-02-28 bill run
2029-02-28 expect invoice A1 net 366.00 tax 69.54 total 435.54 EUR
2031-02-28 bill run
2032-02-28 bill run
2032-02-28 expect no invoice A1
2032-02-29 bill run
2032-02-29 expect invoice A1 net 366.00 tax 69.54 total 435.54 EUR
2032-02-29 expect books balance
