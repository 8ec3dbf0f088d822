# Larch Mobile published 0.10 a minute and had promised 0.08. The price list is corrected, the months
# are rated again, and the next bill gives back what was too much.

business businesses/larch.yaml catalogue businesses/larch-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 account A2 "Berit Sample" consumer bill-day 1
2026-01-01 contract C1 of A1 offer saver msisdn 447700900001
2026-01-01 contract C2 of A2 offer saver msisdn 447700900002
2026-01-20 usage mapping:businesses/larch-calls.yaml <<END
id,line,at,seconds
a1,447700900001,2026-01-10T09:00:00,7800
b1,447700900002,2026-01-10T09:00:00,600
END
# 30 of 130 minutes are charged: 3.00.
2026-02-01 bill run
2026-02-01 expect invoice A1 net 13.00 tax 2.60 total 15.60 GBP
2026-02-01 expect invoice A2 net 10.00 tax 2.00 total 12.00 GBP

2026-02-10 prices businesses/larch-mended-prices.yaml correcting 2000-01-01
2026-02-10 rate again from 2026-01-01 to 2026-01-31
# 30 x 0.08 = 2.40: 0.60 less, on the next bill. Told again nothing changes any more.
2026-02-11 rate again from 2026-01-01 to 2026-01-31
2026-02-11 expect books balance
2026-03-01 bill run
2026-03-01 expect line A1 "Calls, difference" quantity 0 net -0.60
2026-03-01 expect invoice A1 net 9.40 tax 1.88 total 11.28 GBP
2026-03-01 expect invoice A2 net 10.00 tax 2.00 total 12.00 GBP
2026-03-01 expect books balance
