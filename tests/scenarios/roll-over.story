# Larch Mobile: minutes that are left go over to the next month, at most 60 of them, once.

business businesses/larch.yaml catalogue businesses/larch-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer saver msisdn 447700900001
2026-01-20 usage mapping:businesses/larch-calls.yaml <<END
id,line,at,seconds
a1,447700900001,2026-01-10T09:00:00,4200
END
# 70 of 100 minutes: 30 go over. Line 10.00, VAT 2.00.
2026-02-01 bill run
2026-02-01 expect invoice A1 net 10.00 tax 2.00 total 12.00 GBP

# 30 and 100 minutes; 125 are used, which leaves 5 of February's own.
2026-02-20 usage mapping:businesses/larch-calls.yaml <<END
id,line,at,seconds
b1,447700900001,2026-02-10T09:00:00,7500
END
2026-03-01 bill run
2026-03-01 expect invoice A1 net 10.00 tax 2.00 total 12.00 GBP

# 5 and 100 minutes; 120 are used: 15 are charged.
2026-03-20 usage mapping:businesses/larch-calls.yaml <<END
id,line,at,seconds
c1,447700900001,2026-03-10T09:00:00,7200
END
2026-04-01 bill run
2026-04-01 expect line A1 "Calls" quantity 900 net 1.50
2026-04-01 expect invoice A1 net 11.50 tax 2.30 total 13.80 GBP
2026-04-01 expect books balance

# Nothing is used in April: 60 of 100 minutes go over, no more.
2026-05-01 bill run
2026-05-20 usage mapping:businesses/larch-calls.yaml <<END
id,line,at,seconds
d1,447700900001,2026-05-10T09:00:00,10200
END
# 160 of 170 minutes are included.
2026-06-01 bill run
2026-06-01 expect line A1 "Calls" quantity 600 net 1.00
2026-06-01 expect invoice A1 net 11.00 tax 2.20 total 13.20 GBP
2026-06-01 expect books balance

# A call of May comes after its bill: 20 minutes at the beginning of the month. It takes minutes from
# the long call after it: 30 of 190 are charged instead of 10. Nothing was left to June before either.
2026-06-20 usage mapping:businesses/larch-calls.yaml <<END
id,line,at,seconds
d0,447700900001,2026-05-02T09:00:00,1200
e1,447700900001,2026-06-03T09:00:00,600
END
2026-07-01 bill run
2026-07-01 expect line A1 "Calls, difference" quantity 1200 net 2.00
2026-07-01 expect invoice A1 net 12.00 tax 2.40 total 14.40 GBP
2026-07-01 expect books balance

# June left 90, of which 60 went over to July. A call of 20 minutes comes late: 70 are left, so 60
# still go over. Then one of 80: 10 minutes of June are charged, nothing goes over, and 50 of July's
# 150 that were included are not any more: 60 x 0.10 on the next bill.
2026-07-20 usage mapping:businesses/larch-calls.yaml <<END
id,line,at,seconds
e2,447700900001,2026-06-10T09:00:00,1200
f1,447700900001,2026-07-05T09:00:00,9000
END
2026-08-01 bill run
2026-08-01 expect invoice A1 net 10.00 tax 2.00 total 12.00 GBP
2026-08-10 usage mapping:businesses/larch-calls.yaml <<END
id,line,at,seconds
e3,447700900001,2026-06-11T09:00:00,4800
END
2026-09-01 bill run
2026-09-01 expect line A1 "Calls, difference" quantity 3600 net 6.00
2026-09-01 expect invoice A1 net 16.00 tax 3.20 total 19.20 GBP
2026-09-01 expect books balance

# August was not used: 60 of its minutes go over, and 160 are included in September.
2026-09-20 usage mapping:businesses/larch-calls.yaml <<END
id,line,at,seconds
h1,447700900001,2026-09-02T09:00:00,9600
END
2026-10-01 bill run
2026-10-01 expect invoice A1 net 10.00 tax 2.00 total 12.00 GBP
2026-10-01 expect books balance
