# A currency without cents: half a yen is rounded on the line, a tenth of tax once.
business businesses/yuzu.yaml catalogue businesses/yuzu-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line msisdn 819000000001
2026-01-01 bill run
# 10 % of 985 = 98.5
2026-01-01 expect invoice A1 net 985 tax 99 total 1084 JPY
2026-01-20 usage mapping:businesses/seconds.yaml <<END
id,line,at,seconds
c1,819000000001,2026-01-12T09:00:00,61
END
# 61 s x 0.5 = 30.5, printed 31; 985 + 31 = 1,016; 10 % of exactly 1,015.5 = 101.55
2026-02-01 bill run
2026-02-01 expect line A1 "Calls" quantity 61 net 31
2026-02-01 expect invoice A1 net 1016 tax 102 total 1118 JPY
2026-02-03 pay A1 2202 bank
2026-02-03 expect balance A1 0
2026-02-03 expect books balance
