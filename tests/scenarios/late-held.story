# Larch Mobile lets each price say what becomes of usage that comes after its bill: calls are held
# until somebody releases them, texts go on the next bill as its own, data is refused, and a picture
# makes a difference.

business businesses/larch.yaml catalogue businesses/larch-late-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer saver msisdn 447700900001
2026-01-20 usage mapping:businesses/larch-late-usage.yaml <<END
id,line,kind,at,used
a1,447700900001,voice,2026-01-10T09:00:00,10
END
# 10.00 and 10 x 0.10.
2026-02-01 bill run
2026-02-01 expect invoice A1 net 11.00 tax 2.20 total 13.20 GBP

2026-02-05 usage mapping:businesses/larch-late-usage.yaml <<END
id,line,kind,at,used
b1,447700900001,voice,2026-01-20T09:00:00,5
b2,447700900001,sms,2026-01-21T09:00:00,2
b3,447700900001,data,2026-01-22T09:00:00,1
b4,447700900001,mms,2026-01-23T09:00:00,1
b5,447700900001,voice,2026-02-04T09:00:00,20
b6,447700900001,sms,2026-02-04T09:00:00,1
END
2026-02-05 rate
2026-02-05 expect held A1 2
2026-02-05 expect suspense held 0
2026-02-05 expect books balance

# February: 10.00, 20 x 0.10, 3 texts at 0.05, two of them January's, and the picture of January.
2026-03-01 bill run
2026-03-01 expect line A1 "Calls" quantity 1200 net 2.00
2026-03-01 expect line A1 "Texts" quantity 3 net 0.15
2026-03-01 expect line A1 "Pictures" quantity 1 net 0.20
2026-03-01 expect invoice A1 net 12.35 tax 2.47 total 14.82 GBP

# Somebody asks: the call and the gigabyte are charged after all, as a difference of January.
2026-03-10 release late usage of A1
2026-03-10 expect held A1 0
2026-03-10 expect books balance
2026-04-01 bill run
2026-04-01 expect line A1 "Calls, difference" quantity 300 net 0.50
2026-04-01 expect line A1 "Data" quantity 1000000000 net 2.00
2026-04-01 expect invoice A1 net 12.50 tax 2.50 total 15.00 GBP

# The next one is released to the next bill: it is on it as if it were April's.
2026-04-05 usage mapping:businesses/larch-late-usage.yaml <<END
id,line,kind,at,used
c1,447700900001,voice,2026-03-20T09:00:00,7
END
2026-04-05 rate
2026-04-05 expect held A1 1
2026-04-06 release late usage of A1 as "next bill"
2026-05-01 bill run
2026-05-01 expect line A1 "Calls" quantity 420 net 0.70
2026-05-01 expect invoice A1 net 10.70 tax 2.14 total 12.84 GBP
2026-05-01 expect books balance

# Rating all of it again changes nothing.
2026-05-02 rate again from 2026-01-01 to 2026-04-30
2026-06-01 bill run
2026-06-01 expect invoice A1 net 10.00 tax 2.00 total 12.00 GBP
2026-06-01 expect books balance
