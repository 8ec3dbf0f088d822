# Wattle Creek Energy: a real meter file, time of use across the end of daylight saving, monthly
# tiers, feed-in, and one who pays late. Prices are those of packs/energy/catalogue.yaml; the sums
# are made by hand. Meters keep market time, UTC+10; Melbourne was an hour ahead until 27 March 2005.

business energy

2005-03-01 account ACC-1 "Ada Example" consumer bill-day 1
2005-03-01 contract CON-1 of ACC-1 offer home-tou meter NEM1201009
2005-03-01 account ACC-2 "Digby Sample" consumer bill-day 1
2005-03-01 contract CON-2 of ACC-2 offer home-tiers meter NEM12WCE03
2005-03-01 account ACC-3 "Banjo Placeholder" consumer bill-day 1
2005-03-01 contract CON-3 of ACC-3 offer home-tou meter NEM12WCE01

2005-03-05 usage file samples/NEM12_SCENARIO1_UNITEDDP_NEMMCO.zip nem12

# ACC-2 takes 48 x 5 = 240 kWh and 48 x 2.5 = 120 kWh. Its third day has 47 intervals and is
# rejected; the last meter belongs to nobody.
2005-03-10 usage nem12 <<END
100,NEM12,200503100600,SALTBUSH,WATTLECK
200,NEM12WCE03,E1,,E1,N1,WCE03,kWh,30,
300,20050307,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,5.000,A,,,20050401060000,
300,20050308,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,A,,,20050401060000,
300,20050309,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,9.000,A,,,20050401060000,
200,NEM12WCE99,E1,,E1,N1,WCE99,kWh,30,
300,20050307,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,1.000,A,,,20050401060000,
900
END

# ACC-3 on two Sundays, half-hours from 06:00 and from 21:00 market time. On 20 March that is 07:00
# (shoulder) and 22:00 (off-peak) in Melbourne, on 27 March 06:00 (off-peak) and 21:00 (shoulder).
2005-03-29 usage nem12 <<END
100,NEM12,200503290600,SALTBUSH,WATTLECK
200,NEM12WCE01,E1B1,,E1,N1,WCE01,kWh,30,
300,20050320,0,0,0,0,0,0,0,0,0,0,0,0,10.000,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1.000,0,0,0,0,0,A,,,20050401060000,
300,20050327,0,0,0,0,0,0,0,0,0,0,0,0,20.000,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,3.000,0,0,0,0,0,A,,,20050401060000,
200,NEM12WCE01,E1B1,,B1,N1,WCE01,kWh,30,
300,20050327,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,4.000,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,A,,,20050401060000,
900
END

# Sent again under another name: nothing is counted twice.
2005-03-30 usage nem12 <<END
100,NEM12,200503300600,SALTBUSH,WATTLECK
200,NEM12WCE03,E1,,E1,N1,WCE03,kWh,30,
300,20050308,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,2.500,A,,,20050401060000,
900
END

# ACC-1, by adding up the file's 384 half-hours in Melbourne's hours:
#   standing          31 x 0.9860    = 30.566       30.57
#   energy peak       79.280 x 0.312 = 24.73536     24.74
#          shoulder  153.263 x 0.224 = 34.330912    34.33
#          off-peak   25.695 x 0.168 =  4.31676      4.32
#   levy             258.238 x 0.006 =  1.549428     1.55  without GST
#   net 95.51; GST 10 % of 93.949032 = 9.39
2005-04-01 bill run
2005-04-01 expect invoice ACC-1 net 95.51 tax 9.39 total 104.90 AUD
2005-04-01 expect line ACC-1 "Energy, peak" quantity 79.28 net 24.74
2005-04-01 expect line ACC-1 "Levy" quantity 258.238 net 1.55

# ACC-2: standing 31 x 0.914 = 28.334     28.33
#   energy to 300 kWh  300 x 0.248        74.40
#          above        60 x 0.291        17.46
#   levy               360 x 0.006         2.16  without GST
#   net 122.35; GST 10 % of 120.194 = 12.02
2005-04-01 expect invoice ACC-2 net 122.35 tax 12.02 total 134.37 AUD
2005-04-01 expect line ACC-2 "Energy, tier 2" quantity 60 net 17.46

# ACC-3: standing 30.566                             30.57
#   energy shoulder  (10 + 3) x 0.224 = 2.912         2.91
#          off-peak  (1 + 20) x 0.168 = 3.528         3.53
#   feed-in           4 x -0.048      = -0.192       -0.19  without GST
#   levy             34 x 0.006       = 0.204         0.20  without GST
#   net 37.02; GST 10 % of 37.006 = 3.70
2005-04-01 expect invoice ACC-3 net 37.02 tax 3.70 total 40.72 AUD
2005-04-01 expect line ACC-3 "Feed in" quantity 4 net -0.19
2005-04-01 expect books balance
2005-04-08 pay ACC-1 104.90 bank reference INV
2005-04-08 pay ACC-3 40.72 bank reference INV
2005-04-08 expect balance ACC-1 0.00
2005-04-08 expect balance ACC-3 0.00

# ACC-2 was to pay by 15 April: reminded after 3 days, again after 10 with a fee of 12.00 that comes
# with the next invoice, cut off after 20.
2005-04-18 collect
2005-04-25 collect
2005-04-25 expect service CON-2 active

# April: standing 30 x 0.914 = 27.42 and the fee 12.00; net 39.42; GST 10 % = 3.942, rounded 3.94
2005-05-01 bill run
2005-05-01 expect invoice ACC-2 net 39.42 tax 3.94 total 43.36 AUD
2005-05-05 collect
2005-05-05 expect service CON-2 suspended
2005-05-06 pay ACC-2 134.37 bank reference INV
2005-05-06 expect service CON-2 active
2005-05-06 expect balance ACC-2 43.36
2005-05-12 pay ACC-2 43.36 bank reference INV
2005-05-12 expect balance ACC-2 0.00
2005-05-12 expect books balance
