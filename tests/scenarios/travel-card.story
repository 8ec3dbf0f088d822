# Linnet Mobile: the first 3.00 of a month's calls and texts are included, and once, for seven days
# from its first use, twenty minutes within the EU. Prices are those of businesses/linnet-prices.yaml;
# the sums are made by hand.

business businesses/linnet.yaml catalogue businesses/linnet-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer roam msisdn 447700900001
2026-01-01 bill run
2026-01-01 expect invoice A1 net 10.00 tax 2.00 total 12.00 GBP

# The card begins on the 27th: 10 min, and no connect fee where it pays. At home 15 x 0.10 + 0.05 = 1.55,
# of which the credit pays all; 20 texts 1.60, of which it pays what is left of it, 1.45.
2026-01-28 usage mapping:businesses/linnet-usage.yaml <<END
id,line,kind,zone,at,count
1,447700900001,voice,eu,2026-01-27T10:00:00,600
2,447700900001,voice,home,2026-01-27T12:00:00,900
3,447700900001,sms,home,2026-01-28T08:00:00,20
END
# February in advance 10.00, 0.15 of the texts; VAT 20 %
2026-02-01 bill run
2026-02-01 expect line A1 "Calls" quantity 900 net 0.00
2026-02-01 expect line A1 "Calls, included" quantity 0 net -1.55
2026-02-01 expect line A1 "Texts, included" quantity 0 net -1.45
2026-02-01 expect invoice A1 net 10.15 tax 2.03 total 12.18 GBP
2026-02-01 expect books balance

# 8 of the ten minutes that are left; on the 4th the card has ended: 2 x 0.10 + 0.05 = 0.25, which
# February's credit pays.
2026-02-10 usage mapping:businesses/linnet-usage.yaml <<END
id,line,kind,zone,at,count
4,447700900001,voice,eu,2026-02-02T10:00:00,480
5,447700900001,voice,eu,2026-02-04T10:00:00,120
END
2026-02-10 rate

# A call of 20 January comes late: the card began then, and ended on the 27th at nine.
#   the 20th   5 min of the card
#   the 27th   10 x 0.10 + 0.05 = 1.05, of the credit; then 1.55 of it
#   the 28th   1.60, of which 0.40 of the credit are left
# January is 1.20 and not 0.15: 1.05 more. February: 0.85 and 0.25, of its own credit.
2026-02-15 usage mapping:businesses/linnet-usage.yaml <<END
id,line,kind,zone,at,count
6,447700900001,voice,eu,2026-01-20T09:00:00,300
END
2026-03-01 bill run
2026-03-01 expect line A1 "Texts, included, difference" quantity 0 net 1.05
2026-03-01 expect line A1 "Calls, included, difference" quantity 0 net -1.05
2026-03-01 expect invoice A1 net 11.05 tax 2.21 total 13.26 GBP
2026-03-01 expect books balance
