# A provider takes back what it had sent: the day comes again and says of some intervals that there is
# no value (quality N). What was billed of them is on the next bill as a difference.

business energy

2005-03-01 account ACC-1 "Ada Example" consumer bill-day 1
2005-03-01 contract CON-1 of ACC-1 offer home-tiers meter NEM12WCE04

# Sunday's record says of no interval what it was: nothing to take in, nothing to take back.
2005-03-10 usage nem12 <<END
100,NEM12,200503100600,SALTBUSH,WATTLECK
200,NEM12WCE04,E1,,E1,N1,WCE04,kWh,30,
300,20050306,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,N,,,20050309060000,
300,20050308,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,A,,,20050309060000,
900
END

# Standing 31 x 0.914 = 28.334                28.33
#   energy to 300 kWh  120 x 0.248            29.76
#   levy               120 x 0.006             0.72  without GST
#   net 58.81; GST 10 % of 58.094 = 5.81
2005-04-01 bill run
2005-04-01 expect invoice ACC-1 net 58.81 tax 5.81 total 64.62 AUD

# The afternoon is taken back. Who does not accept corrections has its 24 intervals rejected.
2005-04-05 usage nem12 <<END
100,NEM12,200504050500,SALTBUSH,WATTLECK
200,NEM12WCE04,E1,,E1,N1,WCE04,kWh,30,
300,20050308,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,V,,,20050405050000,
400,1,24,A,,
400,25,48,N,,
900
END
2005-04-05 expect rejects record_changed 24

2005-04-06 corrected usage nem12 <<END
100,NEM12,200504060600,SALTBUSH,WATTLECK
200,NEM12WCE04,E1,,E1,N1,WCE04,kWh,30,
300,20050308,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,V,,,20050405060000,
400,1,24,A,,
400,25,48,N,,
900
END

# An older record of nothing but N is no news: the morning stays.
2005-04-07 corrected usage nem12 <<END
100,NEM12,200504070600,SALTBUSH,WATTLECK
200,NEM12WCE04,E1,,E1,N1,WCE04,kWh,30,
300,20050308,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,N,,,20050308060000,
900
END

# April: standing 30 x 0.914                  27.42
#   energy to 300      -60 x 0.248 = -14.88
#   levy               -60 x 0.006 =  -0.36   without GST
#   net 12.18; GST 10 % of 12.54 = 1.25
2005-05-01 bill run
2005-05-01 expect line ACC-1 "Energy, tier 1, difference" quantity -60 net -14.88
2005-05-01 expect invoice ACC-1 net 12.18 tax 1.25 total 13.43 AUD

# An estimate of the whole day comes in: 48 x 1.0 in the place of what is left, 48 - 60 = -12 kWh.
2005-05-04 corrected usage nem12 <<END
100,NEM12,200505040600,SALTBUSH,WATTLECK
200,NEM12WCE04,E1,,E1,N1,WCE04,kWh,30,
300,20050308,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,E52,,,20050504060000,
900
END

# May: standing 28.334, energy -12 x 0.248 = -2.976, levy -12 x 0.006 = -0.072
2005-06-01 bill run
2005-06-01 expect line ACC-1 "Energy, tier 1, difference" quantity -12 net -2.98
2005-06-01 expect invoice ACC-1 net 25.28 tax 2.54 total 27.82 AUD
2005-06-01 expect books balance
