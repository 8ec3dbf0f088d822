# Heron Mobile: a family with two lines that share their data, peak and off-peak, roaming marked up on what the
# partner asks, and a handset by instalments. Sums are made by hand; VAT 19 %.

business businesses/heron.yaml catalogue businesses/heron-prices.yaml

2026-04-01 account A1 "Ada Example" consumer bill-day 1
2026-04-01 contract L1 of A1 offer family msisdn 491700000001
2026-04-01 contract L2 of A1 offer family msisdn 491700000002
2026-04-01 contract H1 of A1 offer handset until 2026-06-01
2026-04-01 bill run
2026-04-01 expect line A1 "Line" quantity 2 net 30.00
2026-04-01 expect line A1 "Instalment" quantity 1 net 12.50
2026-04-01 expect invoice A1 net 42.50 tax 8.08 total 50.58 EUR
2026-04-10 pay A1 50.58 bank reference INV
2026-04-10 expect balance A1 0.00

# Voice: v1 draws 90 of the 100 minutes to the own network, v2 the last ten and pays two, at peak (a Tuesday).
#   v3 on Good Friday at noon is off-peak: 61 s are paid as 61. v4 of one second is paid as a minute, at peak.
# Data: 700 + 500 MB against the 1,000 that both lines share. Roaming: the partner asks 0.421.
2026-04-28 usage mapping:businesses/heron-usage.yaml <<END
id,line,kind,at,quantity,zone,charge
v1,491700000001,voice,2026-04-07T09:00:00,5400,onnet,
v2,491700000001,voice,2026-04-07T11:00:00,720,onnet,
v3,491700000001,voice,2026-04-03T12:00:00,61,national,
v4,491700000002,voice,2026-04-08T19:59:59,1,national,
v5,491700000002,voice,2026-04-09T12:00:00,127,roaming,0.421
s1,491700000002,sms,2026-04-09T13:00:00,3,national,
d1,491700000001,data,2026-04-10T12:00:00,700,home,
d2,491700000002,data,2026-04-11T12:00:00,500,home,
END
# Peak 2 min + 1 min x 0.12 = 0.36; off-peak 61 s x 0.06 = 0.061; roaming 0.421 x 130 % = 0.5473;
# texts 3 x 0.09 = 0.27; data 200 MB x 0.01 = 2.00; two lines 30.00; instalment 12.50.
# Net 45.74; VAT of exactly 45.7383 = 8.6903
2026-05-01 bill run
2026-05-01 expect line A1 "Calls, peak" quantity 180 net 0.36
2026-05-01 expect line A1 "Calls, off-peak" quantity 61 net 0.06
2026-05-01 expect line A1 "Roaming" quantity 0.421 net 0.55
2026-05-01 expect line A1 "Texts" quantity 3 net 0.27
2026-05-01 expect line A1 "Data" quantity 200000000 net 2.00
2026-05-01 expect invoice A1 net 45.74 tax 8.69 total 54.43 EUR

# The handset is paid off, the second line is given up on 11 May: 15.00 x 20 / 31 = 9.6774 come back.
# Net 15.00 - 9.68 = 5.32; VAT of exactly 5.3226 = 1.0113
2026-05-12 end contract L2
2026-06-01 bill run
2026-06-01 expect network A1 activate activate threshold threshold threshold threshold end
2026-06-01 expect invoice A1 net 5.32 tax 1.01 total 6.33 EUR
2026-06-01 expect books balance
