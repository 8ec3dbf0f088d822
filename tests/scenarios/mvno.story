# Larkspur Mobile: three customers, a bundle, bands, tiers, an international deck, wrong rows, and
# one who pays late. Prices are those of packs/mvno/catalogue.yaml; the sums are made by hand.

business mvno

2026-01-01 account ACC-1 "Ada Example" consumer bill-day 1
2026-01-01 contract CON-1 of ACC-1 offer mobile-m msisdn 447700900001
2026-01-01 account ACC-2 "Dorian Placeholder" consumer bill-day 1
2026-01-01 contract CON-2 of ACC-2 offer payg-postpaid msisdn 447700900004

# January in advance: 12.00; VAT 20 % of it 2.40
2026-01-01 bill run
2026-01-01 expect invoice ACC-1 net 12.00 tax 2.40 total 14.40 GBP
2026-01-10 pay ACC-1 14.40 bank reference INV
2026-01-10 expect balance ACC-1 0.00

2026-01-20 account ACC-3 "Euphemia Test" consumer bill-day 15
2026-01-20 contract CON-3 of ACC-3 offer mobile-m msisdn 447700900005

# 300 min are 18,000 s: a-1 takes 10,800 of them, a-2 7,200, and 30 s of a-2 are charged.
# a-3 is billed 90 s (60 s then 1 s), a-4 its first 60 s, a-5 nothing.
# a-7 goes to a Berlin number: prefix 49 at 0.026, 61 s are 2 min. a-8 to a French mobile: 33639 at 0.128.
# a-9 is 500 MB more than 10 GB. Of the last four rows: a-1 comes again, one has a negative
# duration, one a day that does not exist, one a number that nobody holds.
2026-01-26 usage mapping:host-daily.yaml <<END
record_id,msisdn,event,started,duration_s,volume_b,called,destination,cell
a-1,447700900001,MOC,12/01/2026 09:00:00,10800,,02079460001,national,c01
a-2,447700900001,MOC,13/01/2026 09:00:00,7230,,02079460002,national,c01
a-3,447700900001,MOC,14/01/2026 09:00:00,90,,07700900555,national,c01
a-4,447700900001,MOC,14/01/2026 10:00:00,45,,07700900556,national,c02
a-5,447700900001,MOC,14/01/2026 11:00:00,0,,07700900557,national,c02
a-6,447700900001,SMO,14/01/2026 12:00:00,,,07700900557,national,c02
a-7,447700900001,MOC,15/01/2026 12:00:00,61,,+493023125042,international,c02
a-8,447700900001,MOC,15/01/2026 13:00:00,60,,0033639980142,international,c02
a-9,447700900001,GPRS,16/01/2026 12:00:00,,10500000000,,,c02
d-1,447700900004,MOC,01/01/2026 10:00:00,60,,01632960001,national,c03
d-2,447700900004,MOC,20/01/2026 19:55:00,600,,01632960002,national,c03
d-3,447700900004,MOC,24/01/2026 12:00:00,120,,01632960003,national,c03
d-4,447700900004,GPRS,24/01/2026 13:00:00,,1500000000,,,c03
d-5,447700900004,SMO,25/01/2026 12:00:00,,,07700900558,national,c03
d-6,447700900004,SMO,25/01/2026 12:01:00,,,07700900558,national,c03
d-7,447700900004,SMO,25/01/2026 12:02:00,,,07700900558,national,c03
a-1,447700900001,MOC,12/01/2026 09:00:00,10800,,02079460001,national,c01
x-1,447700900001,MOC,16/01/2026 12:00:00,-60,,02079460001,national,c01
x-2,447700900001,MOC,31/02/2026 12:00:00,60,,02079460001,national,c01
x-3,447700900999,MOC,16/01/2026 12:00:00,60,,02079460001,national,c01
END

# ACC-1: February in advance                                 12.00
#   voice   30 s + 90 s + 60 s = 3 min x 0.09                 0.27
#   abroad  2 x 0.026 + 0.05 = 0.102, printed                 0.10
#           1 x 0.128 + 0.05 = 0.178, printed                 0.18
#   data    500 MB x 0.01                                     5.00
#   sms     within the bundle                                 0.00
#   net 17.55; VAT 20 % of exactly 17.55 = 3.51
2026-02-01 bill run
2026-02-01 expect invoice ACC-1 net 17.55 tax 3.51 total 21.06 GBP
2026-02-01 expect line ACC-1 "Voice" quantity 180 net 0.27
2026-02-01 expect line ACC-1 "Data" quantity 500000000 net 5.00

# ACC-2: d-2 on a Tuesday, 5 min until 20:00 and 5 min after; New Year's Day and Saturday are off-peak.
#   voice peak      5 min x 0.15                              0.75
#   voice off-peak  (1 + 5 + 2) min x 0.06                    0.48
#   data  to 1 GB   1000 MB x 0.02                           20.00
#         above     500 MB x 0.008                            4.00
#   sms             3 x 0.12                                  0.36
#   net 25.59; VAT 20 % = 5.118, rounded 5.12
2026-02-01 expect invoice ACC-2 net 25.59 tax 5.12 total 30.71 GBP
2026-02-01 expect line ACC-2 "Voice, off-peak" quantity 480 net 0.48
2026-02-01 expect line ACC-2 "Data, tier 2" quantity 500000000 net 4.00
2026-02-01 expect books balance
2026-02-10 pay ACC-1 21.06 bank reference INV

# ACC-3 began inside its cycle of 15 January to 14 February, 31 days, of which it had 26:
#   12.00 x 26 / 31 = 10.0645..., printed 10.06; and the next cycle 12.00
#   net 22.06; VAT 20 % of 22.0645... = 4.4129, rounded 4.41
2026-02-15 bill run
2026-02-15 expect invoice ACC-3 net 22.06 tax 4.41 total 26.47 GBP
2026-02-15 pay ACC-3 26.47 bank reference INV

# ACC-2 was to pay by 15 February: reminded after 3 days, again after 10 with a fee of 5.00 that
# comes with the next invoice, cut off after 20.
2026-02-18 collect
2026-02-18 expect service CON-2 active
2026-02-25 collect
2026-02-25 expect service CON-2 active

# The bundle is new in February: its 300 min hold all of this call.
2026-02-26 usage mapping:host-daily.yaml <<END
record_id,msisdn,event,started,duration_s,volume_b,called,destination,cell
a-10,447700900001,MOC,02/02/2026 09:00:00,18000,,02079460001,national,c01
END
2026-03-01 bill run
2026-03-01 expect invoice ACC-1 net 12.00 tax 2.40 total 14.40 GBP
# ACC-2 used nothing: the fee of 5.00; VAT 20 % of it 1.00
2026-03-01 expect invoice ACC-2 net 5.00 tax 1.00 total 6.00 GBP
2026-03-07 collect
2026-03-07 expect service CON-2 suspended

# Paid: service is back, and what is left is the fee, due on 15 March.
2026-03-09 pay ACC-2 30.71 bank reference INV
2026-03-09 expect service CON-2 active
2026-03-09 expect balance ACC-2 6.00
2026-03-12 pay ACC-2 6.00 bank reference INV
2026-03-12 pay ACC-1 14.40 bank reference INV
2026-03-12 expect balance ACC-1 0.00
2026-03-12 expect balance ACC-2 0.00
2026-03-12 expect balance ACC-3 0.00
2026-03-12 expect books balance
