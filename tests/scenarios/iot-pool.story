# Meadow Things: SIMs of a firm and its branch share a pool that grows with its members, charged in
# two runs. Prices are those of businesses/meadow-prices.yaml; the sums are made by hand.

business businesses/meadow.yaml catalogue businesses/meadow-prices.yaml

2026-01-01 account FIRM "Firm of Example" business bill-day 1
2026-01-01 account BRANCH "Branch of Example" business bill-day 1 under FIRM
2026-01-01 account DEPOT "Depot of Example" business bill-day 1 under BRANCH
2026-01-01 account OTHER "Other Sample" business bill-day 1
2026-01-01 contract F-1 of FIRM offer sim pool fleet iccid 8900000000000000001
2026-01-01 contract B-1 of BRANCH offer sim pool fleet iccid 8900000000000000002
2026-01-01 contract B-2 of BRANCH offer sim iccid 8900000000000000003
2026-01-01 contract O-1 of OTHER offer sim pool fleet iccid 8900000000000000004

# One in advance for each SIM: 2.40, VAT 19 % of it 0.456
2026-01-01 bill run
2026-01-01 expect invoice FIRM net 2.40 tax 0.46 total 2.86 EUR
2026-01-01 expect invoice BRANCH net 4.80 tax 0.91 total 5.71 EUR
2026-01-01 expect no invoice DEPOT

# A SIM that is active on any day brings its 100 MB: with the depot's the pool holds 300 MB.
2026-01-16 contract D-1 of DEPOT offer sim pool fleet iccid 8900000000000000005

# 50 + 200 of 300 MB; a SIM in no pool has its own 100 MB, and so has the pool of another firm.
2026-01-20 usage mapping:businesses/meadow-usage.yaml <<END
id,sim,kind,at,count
1,8900000000000000001,data,2026-01-05T10:00:00,50
2,8900000000000000002,data,2026-01-06T10:00:00,200
3,8900000000000000003,data,2026-01-06T11:00:00,120
4,8900000000000000004,data,2026-01-06T12:00:00,90
END
2026-01-20 rate

# What is left of the pool, 50 MB, goes to the firm's call of 80; the depot's 10 come after it.
2026-01-31 usage mapping:businesses/meadow-usage.yaml <<END
id,sim,kind,at,count
5,8900000000000000005,data,2026-01-30T10:00:00,10
6,8900000000000000001,data,2026-01-29T10:00:00,80
END

# FIRM: February 2.40, 30 MB x 0.05 = 1.50; net 3.90, VAT 0.741
# BRANCH: February 4.80, 20 MB of B-2 1.00; net 5.80, VAT 1.102
# DEPOT: January in full and February 4.80, 10 MB 0.50; net 5.30, VAT 1.007
2026-02-01 bill run
2026-02-01 expect invoice FIRM net 3.90 tax 0.74 total 4.64 EUR
2026-02-01 expect line FIRM "Data" quantity 30000000 net 1.50
2026-02-01 expect invoice BRANCH net 5.80 tax 1.10 total 6.90 EUR
2026-02-01 expect invoice DEPOT net 5.30 tax 1.01 total 6.31 EUR
2026-02-01 expect invoice OTHER net 2.40 tax 0.46 total 2.86 EUR
2026-02-01 expect books balance

# 20 MB of the branch on 7 January come late: they take from the pool before the firm's 80 of the
# 29th, of which 50 are now charged. FIRM: March 2.40, the 20 MB more 1.00; net 3.40, VAT 0.646
2026-02-10 usage mapping:businesses/meadow-usage.yaml <<END
id,sim,kind,at,count
7,8900000000000000002,data,2026-01-07T10:00:00,20
END
2026-03-01 bill run
2026-03-01 expect invoice FIRM net 3.40 tax 0.65 total 4.05 EUR
2026-03-01 expect invoice BRANCH net 4.80 tax 0.91 total 5.71 EUR
2026-03-01 expect invoice DEPOT net 2.40 tax 0.46 total 2.86 EUR
2026-03-01 expect books balance
