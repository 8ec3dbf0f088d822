# A currency of a thousand parts: three decimals on every line, and no value-added tax.
business businesses/dallah.yaml catalogue businesses/dallah-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-16 contract C1 of A1 offer line msisdn 96599900001
2026-01-20 usage mapping:businesses/seconds.yaml <<END
id,line,at,seconds
c1,96599900001,2026-01-18T09:00:00,61
END
# 61 s x 0.0005 = 0.0305, printed 0.031; 16 of January's 31 days 4.750 x 16 / 31 = 2.452; February 4.750
2026-02-01 bill run
2026-02-01 expect line A1 "Calls" quantity 61 net 0.031
2026-02-01 expect line A1 "Line" quantity 2 net 7.202
2026-02-01 expect invoice A1 net 7.233 tax 0.000 total 7.233 KWD
2026-02-03 pay A1 7.233 cash
2026-02-03 expect balance A1 0.000
2026-02-03 expect books balance
