# Meadow Things: a firm and its branch have one price for all their data together, by the volume of
# the month, and a pool whose rest goes over to the next. Prices are those of
# businesses/meadow-fleet-prices.yaml; the sums are made by hand, VAT is 19 %.

business businesses/meadow.yaml catalogue businesses/meadow-fleet-prices.yaml

2026-01-01 account FIRM "Firm of Example" business bill-day 1
2026-01-01 account BRANCH "Branch of Example" business bill-day 1 under FIRM
2026-01-01 account OTHER "Other Sample" business bill-day 1
2026-01-01 contract F-1 of FIRM offer fleet pool fleet iccid 8900000000000000001
2026-01-01 contract B-1 of BRANCH offer fleet pool fleet iccid 8900000000000000002
2026-01-01 contract B-2 of BRANCH offer fleet iccid 8900000000000000003
2026-01-01 contract O-1 of OTHER offer fleet pool fleet iccid 8900000000000000004

# January: the pool of two SIMs holds 20 MB, of which 15 are used. B-2 is in no pool: 10 of its 110
# are included, 100 are charged at 0.10. The firm's first contract pays for all: 10.00, VAT 1.90.
# OTHER shares with nobody: 60 of its 70 at 0.10.
2026-01-20 usage mapping:businesses/meadow-usage.yaml <<END
id,sim,kind,at,count
a1,8900000000000000001,data,2026-01-05T10:00:00,5
a2,8900000000000000002,data,2026-01-06T10:00:00,10
a3,8900000000000000003,data,2026-01-06T11:00:00,110
a4,8900000000000000004,data,2026-01-06T12:00:00,70
END
2026-02-01 bill run
2026-02-01 expect invoice FIRM net 10.00 tax 1.90 total 11.90 EUR
2026-02-01 expect line FIRM "Data, tier 1" quantity 100000000 net 10.00
2026-02-01 expect no invoice BRANCH
2026-02-01 expect invoice OTHER net 6.00 tax 1.14 total 7.14 EUR
2026-02-01 expect books balance

# February: 5 MB came over, so that the pool holds 25 of the firm's 125; 100 are charged. Of B-2's 160
# 150 are. All 250 MB are in the second tier: 12.50, VAT 2.375.
2026-02-20 usage mapping:businesses/meadow-usage.yaml <<END
id,sim,kind,at,count
b1,8900000000000000001,data,2026-02-05T10:00:00,125
b3,8900000000000000003,data,2026-02-06T11:00:00,160
END
2026-03-01 bill run
2026-03-01 expect invoice FIRM net 12.50 tax 2.38 total 14.88 EUR
2026-03-01 expect line FIRM "Data, tier 2" quantity 250000000 net 12.50
2026-03-01 expect no invoice BRANCH
2026-03-01 expect books balance

# 5 MB of the branch on 31 January come late and empty January's pool: nothing came over to February,
# 255 MB are charged, 0.25 more. The firm's contract ends on 11 March, and its last bill has it.
2026-03-10 usage mapping:businesses/meadow-usage.yaml <<END
id,sim,kind,at,count
a5,8900000000000000002,data,2026-01-31T10:00:00,5
c1,8900000000000000001,data,2026-03-05T10:00:00,15
c2,8900000000000000002,data,2026-03-06T10:00:00,10
END
2026-03-11 end contract F-1
2026-03-11 bill run
2026-03-11 expect invoice FIRM net 0.25 tax 0.05 total 0.30 EUR
2026-03-11 expect line FIRM "Data, tier 2, difference" quantity 5000000 net 0.25
2026-03-11 expect no invoice BRANCH
2026-03-11 expect books balance

# March is not over for the branch: its pool had two SIMs for some days, 20 MB of which 25 were needed.
# 5 MB are charged, and 190 of B-2's 200: 195 MB at 0.10 are 19.50, VAT 3.705, on the branch's bill.
2026-03-31 usage mapping:businesses/meadow-usage.yaml <<END
id,sim,kind,at,count
c3,8900000000000000003,data,2026-03-20T11:00:00,200
END
2026-04-01 bill run
2026-04-01 expect no invoice FIRM
2026-04-01 expect invoice BRANCH net 19.50 tax 3.71 total 23.21 EUR
2026-04-01 expect line BRANCH "Data, tier 1" quantity 195000000 net 19.50
2026-04-01 expect books balance

# 10 MB of the firm's in March come after its end was billed: 205 MB are in the second tier, 10.25 in
# all. The firm's contract is due again and has the difference: 19.50 less, 10.25 more.
2026-04-10 usage mapping:businesses/meadow-usage.yaml <<END
id,sim,kind,at,count
c4,8900000000000000001,data,2026-03-08T11:00:00,10
END
2026-05-01 bill run
2026-05-01 expect invoice FIRM net -9.25 tax -1.76 total -11.01 EUR
2026-05-01 expect no invoice BRANCH
2026-05-01 expect books balance
