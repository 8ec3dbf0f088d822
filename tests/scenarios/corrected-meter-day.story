# Wattle Creek Energy bills a day that was estimated; the meter is read after the bill. The day that
# was read takes the place of the estimated one, and the next bill has the difference. What the
# day takes of the first tier is free for the days after it.

business energy

2005-03-01 account ACC-1 "Ada Example" consumer bill-day 1
2005-03-01 contract CON-1 of ACC-1 offer home-tiers meter NEM12WCE03

# 48 x 5 = 240 kWh estimated (E52), 48 x 2.5 = 120 kWh read.
2005-03-10 usage nem12 <<END
100,NEM12,200503100600,SALTBUSH,WATTLECK
200,NEM12WCE03,E1,,E1,N1,WCE03,kWh,30,
300,20050307,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,E52,,,20050309060000,
300,20050308,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,A,,,20050309060000,
900
END

# Standing 31 x 0.914 = 28.334                28.33
#   energy to 300 kWh  300 x 0.248            74.40
#          above        60 x 0.291            17.46
#   levy               360 x 0.006             2.16  without GST
#   net 122.35; GST 10 % of 120.194 = 12.02
2005-04-01 bill run
2005-04-01 expect line ACC-1 "Energy, tier 2" quantity 60 net 17.46
2005-04-01 expect invoice ACC-1 net 122.35 tax 12.02 total 134.37 AUD

# Who does not say that records may be corrected has the day rejected, all 48 of its intervals.
2005-04-05 usage nem12 <<END
100,NEM12,200504050600,SALTBUSH,WATTLECK
200,NEM12WCE03,E1,,E1,N1,WCE03,kWh,30,
300,20050307,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,A,,,20050405060000,
900
END
2005-04-05 expect rejects record_changed 48

# Read were 48 x 4 = 192 kWh, so that 312 kWh are in March: 48 less, all of them above 300.
2005-04-06 corrected usage nem12 <<END
100,NEM12,200504060600,SALTBUSH,WATTLECK
200,NEM12WCE03,E1,,E1,N1,WCE03,kWh,30,
300,20050307,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,4.000,A,,,20050405060000,
900
END

# The day as it was estimated comes once more in an older file: it changes nothing any more.
2005-04-07 corrected usage nem12 <<END
100,NEM12,200504070600,SALTBUSH,WATTLECK
200,NEM12WCE03,E1,,E1,N1,WCE03,kWh,30,
300,20050307,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,E52,,,20050309060000,
900
END

# April: standing 30 x 0.914                  27.42
#   energy above 300  -48 x 0.291 = -13.968  -13.97
#   levy              -48 x 0.006 =  -0.288   -0.29  without GST
#   net 13.16; GST 10 % of 13.452 = 1.35
2005-05-01 bill run
2005-05-01 expect line ACC-1 "Energy, tier 2, difference" quantity -48 net -13.97
2005-05-01 expect line ACC-1 "Levy, difference" quantity -48 net -0.29
2005-05-01 expect invoice ACC-1 net 13.16 tax 1.35 total 14.51 AUD
2005-05-01 expect books balance
