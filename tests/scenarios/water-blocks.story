# Fynbos Water: blocks that cost more the more is used, and sewerage on 70 % of the water, at most 35 kl of it.
# The prices are those Cape Town published for homes in 2011/12, in rand before 14 % VAT.

business businesses/fynbos.yaml catalogue businesses/fynbos-prices.yaml

2011-09-01 account SMALL "Ada Example" consumer bill-day 1
2011-09-01 contract C1 of SMALL offer domestic meter W1
2011-09-01 account LARGE "Bob Example" consumer bill-day 1
2011-09-01 contract C2 of LARGE offer domestic meter W2
2011-09-16 account HALF "Cleo Example" consumer bill-day 1
2011-09-16 contract C3 of HALF offer domestic meter W3
2011-09-30 usage mapping:businesses/reads.yaml <<END
id,meter,day,advance
r1,W1,2011-09-29,12
r2,W2,2011-09-29,25
r3,W3,2011-09-29,12
END
2011-10-01 bill run

# 12 kl: water 4.5 x 4.32 + 1.5 x 9.22 = 33.27
#        sewerage 8.4 kl: 3.15 x 5.05 + 1.05 x 10.76 = 15.9075 + 11.298 = 27.2055, printed 15.91 + 11.30
#        VAT 14 % of exactly 60.4755 = 8.4666
2011-10-01 expect line SMALL "Water" quantity 12 net 33.27
2011-10-01 expect line SMALL "Sewerage" quantity 8.4 net 27.21
2011-10-01 expect invoice SMALL net 60.48 tax 8.47 total 68.95 ZAR

# 25 kl: water 19.44 + 87.59 + 68.30 = 175.33
#        sewerage 17.5 kl: 15.9075 + 71.554 + 41.195 = 128.6565, printed 15.91 + 71.55 + 41.20
#        VAT 14 % of exactly 303.9865 = 42.5581
2011-10-01 expect line LARGE "Water" quantity 25 net 175.33
2011-10-01 expect line LARGE "Sewerage" quantity 17.5 net 128.66
2011-10-01 expect invoice LARGE net 303.99 tax 42.56 total 346.55 ZAR

# 15 of 30 days: every block is half as large.
#   water    2.25 x 4.32 = 9.72; 4.75 x 9.22 = 43.795, printed 43.80; 2 x 13.66 = 27.32
#   sewerage 1.575 x 5.05 = 7.95375; 3.325 x 10.76 = 35.777; 1.4 x 11.77 = 16.478
#   VAT 14 % of exactly 141.04375 = 19.7461
2011-10-01 expect line HALF "Water" quantity 12 net 80.84
2011-10-01 expect line HALF "Sewerage" quantity 8.4 net 60.21
2011-10-01 expect invoice HALF net 141.05 tax 19.75 total 160.80 ZAR

# A pipe leaks: 60 kl in October. What leaked did not reach the sewer, so half of the sewerage is forgiven.
#   water    19.44 + 87.59 + 204.90 + 253.05 + 10 x 22.25 = 787.48
#   sewerage 70 % would be 42 kl; 35 are counted: 15.9075 + 71.554 + 123.585 + 129.78 = 340.8265,
#            printed 15.91 + 71.55 + 123.59 + 129.78 = 340.83
#   leak     half of it, 170.41325, comes off; net 957.90; VAT 14 % of exactly 957.89325 = 134.1051
2011-10-01 grant contract C2 discount leak "{less: 50 %, covers: [sewerage]}" until 2011-11-01
2011-10-31 usage mapping:businesses/reads.yaml <<END
id,meter,day,advance
r4,W2,2011-10-30,60
END
2011-11-01 bill run
2011-11-01 expect line LARGE "Water" quantity 60 net 787.48
2011-11-01 expect line LARGE "Sewerage" quantity 35 net 340.83
2011-11-01 expect line LARGE "Leak: Sewerage" quantity -1 net -170.41
2011-11-01 expect invoice LARGE net 957.90 tax 134.11 total 1092.01 ZAR
2011-11-01 expect books balance
