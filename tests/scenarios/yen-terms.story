# Odd cases in a currency without cents: a part of a month that comes to half a yen, and what comes back of it.
# Figures are made by hand; consumption tax 10 %.
business businesses/yuzu.yaml catalogue businesses/yuzu-prices.yaml

# 16 of 30 days of April: 985 x 16 / 30 = 525.33; and May, 985. Lines 525 and 985; tax of exactly 1510.33 = 151.03.
2026-04-15 account A1 "Ada Example" consumer bill-day 1
2026-04-15 contract C1 of A1 offer line msisdn 819000000001
2026-05-01 bill run
2026-05-01 expect line A1 "Line" quantity 2 net 1510
2026-05-01 expect invoice A1 net 1510 tax 151 total 1661 JPY

# 985 x 15.5 / 31 would be half a month; 15 of 31 days not served are 476.6129, and a call of a second is half a yen, a tie
# that goes up to 1. Net -477 + 1 = -476; tax of exactly -476.1129 = -47.61
2026-05-17 usage mapping:businesses/seconds.yaml <<END
id,line,at,seconds
c1,819000000001,2026-05-12T09:00:00,1
END
2026-05-17 end contract C1
2026-05-17 bill run
2026-05-17 expect line A1 "Calls" quantity 1 net 1
2026-05-17 expect invoice A1 net -476 tax -48 total -524 JPY
2026-05-17 expect balance A1 1137
2026-05-17 expect books balance
