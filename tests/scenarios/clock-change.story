# The nights the clock changes: an hour that is skipped has no price, an hour that comes twice has it twice, and a day of
# 23 or 25 hours is a day.
business businesses/sparrow.yaml catalogue businesses/sparrow-nights-prices.yaml

2026-03-01 account A1 "Ada Example" consumer bill-day 1
2026-03-01 contract C1 of A1 offer night msisdn 491700000001

# Half past two does not exist on 29 March.
2026-03-31 usage mapping:businesses/calls.yaml <<END
id,line,at,seconds
c1,491700000001,2026-03-29T00:30:00,14400
c2,491700000001,2026-03-29T02:30:00,60
END
2026-03-31 expect rejects instant_nonexistent 1
# Four hours from half past twelve: 30 min, then one hour from 1 to 2, which becomes 3, then 150 min.
#   180 x 0.06 = 10.80; 60 x 0.60 = 36.00; 31 days x 0.10 = 3.10; VAT 19 % of 49.90 = 9.481
2026-04-01 bill run
2026-04-01 expect line A1 "Calls, deep" quantity 3600 net 36.00
2026-04-01 expect line A1 "Calls, rest" quantity 10800 net 10.80
2026-04-01 expect line A1 "Line" quantity 31 net 3.10
2026-04-01 expect invoice A1 net 49.90 tax 9.48 total 59.38 EUR

2026-10-01 bill run
# Half past two comes twice on 25 October, and the file does not say which.
2026-10-31 usage mapping:businesses/calls.yaml <<END
id,line,at,seconds
c3,491700000001,2026-10-25T00:30:00,14400
c4,491700000001,2026-10-25T02:30:00,60
END
2026-10-31 expect rejects instant_ambiguous 1
# 30 min, three hours from 1 to 3, 30 min: 60 x 0.06 = 3.60; 180 x 0.60 = 108.00; VAT 19 % of 114.70 = 21.793
2026-11-01 bill run
2026-11-01 expect line A1 "Calls, deep" quantity 10800 net 108.00
2026-11-01 expect line A1 "Calls, rest" quantity 3600 net 3.60
2026-11-01 expect invoice A1 net 114.70 tax 21.79 total 136.49 EUR
2026-11-01 expect books balance
