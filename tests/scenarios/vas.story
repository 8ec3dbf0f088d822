# Parasol Numbers: who is called pays for a toll-free number, by where the caller is; a travel card holds for ten
# days. Sums are made by hand; VAT 20 %.

business businesses/parasol.yaml catalogue businesses/parasol-prices.yaml

2026-03-01 account SHOP "Example Bakery" business bill-day 1
2026-03-01 contract C1 of SHOP offer toll-free number 448081570000
2026-03-01 account TRIP "Ada Example" consumer bill-day 1
2026-03-01 bill run
2026-03-01 expect invoice SHOP net 8.00 tax 1.60 total 9.60 GBP
2026-03-05 contract C2 of TRIP offer travel-card until 2026-03-15 number 447700900001
2026-03-05 expect network TRIP activate

2026-03-16 usage mapping:businesses/parasol-usage.yaml <<END
id,number,kind,at,quantity,origin
v1,448081570000,voice,2026-03-02T09:00:00,125,landline
v2,448081570000,voice,2026-03-02T10:00:00,40,mobile
v3,448081570000,voice,2026-03-02T11:00:00,61,payphone
v4,448081570000,voice,2026-03-02T12:00:00,0,mobile
d1,447700900001,data,2026-03-06T12:00:00,990,europe
d2,447700900001,data,2026-03-07T12:00:00,25,europe
d3,447700900001,data,2026-03-08T12:00:00,11,far
END
2026-04-01 bill run

# Landline 125 s x 0.015 = 0.03125; mobile 40 s x 0.065 + 0.02 = 0.0633, nothing for the call that nobody took;
# payphone 2 min x 0.10 + 0.25 = 0.45; April in advance 8.00. Net 8.54; VAT of exactly 8.5446 = 1.7089
2026-04-01 expect line SHOP "Landline" quantity 125 net 0.03
2026-04-01 expect line SHOP "Mobile" quantity 40 net 0.06
2026-04-01 expect line SHOP "Payphone" quantity 120 net 0.45
2026-04-01 expect invoice SHOP net 8.54 tax 1.71 total 10.25 GBP

# Europe: 15 MB beyond the 1,000 x 0.01 = 0.15. Far: 11 MB are two steps of ten, 20 x 0.08 = 1.60. VAT 0.35
2026-04-01 expect line TRIP "Data eu" quantity 15000000 net 0.15
2026-04-01 expect line TRIP "Data far" quantity 20000000 net 1.60
2026-04-01 expect invoice TRIP net 1.75 tax 0.35 total 2.10 GBP
2026-04-01 expect service C2 ended
2026-04-01 expect network TRIP activate threshold threshold end
2026-04-01 expect books balance
