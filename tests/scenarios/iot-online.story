# Meadow Things: SIMs of a firm and its branch share a pool that grows with its members, some of them
# charged while they send, others from a file, in the same month. Prices are those of
# businesses/meadow-prices.yaml; the sums are made by hand.

business businesses/meadow.yaml catalogue businesses/meadow-prices.yaml

2026-01-01 account FIRM "Firm of Example" business bill-day 1
2026-01-01 account BRANCH "Branch of Example" business bill-day 1 under FIRM
2026-01-01 account OTHER "Other Sample" business bill-day 1
2026-01-01 contract F-1 of FIRM offer sim pool fleet iccid 8900000000000000001
2026-01-01 contract B-1 of BRANCH offer sim pool fleet iccid 8900000000000000002
2026-01-01 contract B-2 of BRANCH offer sim iccid 8900000000000000003
2026-01-01 contract O-1 of OTHER offer sim pool fleet iccid 8900000000000000004
2026-01-01 bill run

# The pool of two SIMs holds 200 MB; the branch may owe 2.00 this month, forty MB at 0.05.
# The firm holds 150 of them, so that of 120 wanted the branch is granted 50 and 40 it pays for.
2026-01-05 hybrid BRANCH credit 2
2026-01-05 online reserve F1 iccid 8900000000000000001 data 150 of MB at 10:00 granting 150
2026-01-05 online reserve B1 iccid 8900000000000000002 data 120 of MB at 10:05 granting 90
2026-01-05 online reserve O1 iccid 8900000000000000004 data 100 of MB at 10:06 granting 100

# The firm used 100 and needs no more: 50 are free again, of which 20 go to the branch.
2026-01-05 online commit F1 used 100 of MB at 10:10 costing 0
2026-01-05 online extend B1 used 60 wants 40 of MB at 10:20 granting 40 costing 0
2026-01-05 online commit B1 used 60 of MB at 10:30 costing 0
2026-01-05 online release O1 at 10:30

# A third SIM joins and brings its 100 MB. By file come 110 of the firm: 140 are left, 30 remain.
2026-01-16 contract B-3 of BRANCH offer sim pool fleet iccid 8900000000000000005
2026-01-20 usage mapping:businesses/meadow-usage.yaml <<END
id,sim,kind,at,count
1,8900000000000000001,data,2026-01-19T10:00:00,110
2,8900000000000000003,data,2026-01-19T11:00:00,120
END
2026-01-20 rate

# 80 % of 300 MB were reached by the file, the rest is drawn online: 30 are free, 5 at 0.05 are 0.25.
# What the pool has run out of is told once, whoever goes on.
2026-01-21 online event iccid 8900000000000000005 data 35 of MB at 10:00 costing 0.25
2026-01-21 online event iccid 8900000000000000001 data 2 of MB at 10:05 costing 0.10
2026-01-21 expect network FIRM activate threshold threshold

# In no pool B-2 has its own 100 MB, of which 120 were used by file: 1.00.
# FIRM: February 2.40, 2 MB 0.10; net 2.50, VAT 0.475
# BRANCH: three SIMs 7.20, January of the third in full 2.40, 20 MB of B-2 1.00 and 5 of B-3 0.25; net 10.85, VAT 2.0615
2026-02-01 bill run
2026-02-01 expect invoice FIRM net 2.50 tax 0.48 total 2.98 EUR
2026-02-01 expect invoice BRANCH net 10.85 tax 2.06 total 12.91 EUR
2026-02-01 expect invoice OTHER net 2.40 tax 0.46 total 2.86 EUR
2026-02-01 expect books balance

# 20 MB of the firm on 7 January come late: all of the month is rated again, what was charged online
# too. They take from the pool before the file's 110, so that B-3's 35 find 10 MB, not 30: 1.00 more.
# BRANCH: three SIMs 7.20, the difference 1.00; net 8.20, VAT 1.558
2026-02-10 usage mapping:businesses/meadow-usage.yaml <<END
id,sim,kind,at,count
3,8900000000000000001,data,2026-01-07T10:00:00,20
END
2026-02-10 rate
2026-03-01 bill run
2026-03-01 expect invoice FIRM net 2.40 tax 0.46 total 2.86 EUR
2026-03-01 expect invoice BRANCH net 8.20 tax 1.56 total 9.76 EUR
2026-03-01 expect books balance
