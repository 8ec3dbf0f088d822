# Larch Mobile's switch takes back calls that never were: one before the bill, one after it. What it
# takes back without having said it is a reject that waits.

business businesses/larch.yaml catalogue businesses/larch-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer saver msisdn 447700900001
2026-01-20 usage mapping:businesses/larch-switch.yaml <<END
id,line,at,seconds,status
a1,447700900001,2026-01-10T09:00:00,7800,
a2,447700900001,2026-01-11T09:00:00,600,
a3,447700900001,2026-01-12T09:00:00,1200,
END
2026-01-20 rate

# a2 is taken back, a3 was half as long; nobody said a4.
2026-01-21 usage mapping:businesses/larch-switch.yaml <<END
id,line,at,seconds,status
a2,,,,void
a3,447700900001,2026-01-12T09:00:00,600,
a4,,,,void
END
2026-01-21 expect rejects cancels_nothing 1

# 130 + 10 minutes, 100 of them included: 40 x 0.10 = 4.00.
2026-02-01 bill run
2026-02-01 expect line A1 "Calls" quantity 2400 net 4.00
2026-02-01 expect invoice A1 net 14.00 tax 2.80 total 16.80 GBP

# The long call never was either: 10 minutes, all included.
2026-02-05 usage mapping:businesses/larch-switch.yaml <<END
id,line,at,seconds,status
a1,,,,void
END
2026-02-05 expect books balance
2026-03-01 bill run
2026-03-01 expect line A1 "Calls, difference" quantity -2400 net -4.00
2026-03-01 expect invoice A1 net 6.00 tax 1.20 total 7.20 GBP
2026-03-01 expect books balance
