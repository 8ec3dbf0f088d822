# Meadow Things: the firm and its branch of iot-organisation, half of it charged online. The pool, what
# it leaves to the next month and the price of all data together come out as they do from files.
# Prices are those of businesses/meadow-fleet-prices.yaml; the sums are made by hand, VAT is 19 %.

business businesses/meadow.yaml catalogue businesses/meadow-fleet-prices.yaml

2026-01-01 account FIRM "Firm of Example" business bill-day 1
2026-01-01 account BRANCH "Branch of Example" business bill-day 1 under FIRM
2026-01-01 contract F-1 of FIRM offer fleet pool fleet iccid 8900000000000000001
2026-01-01 contract B-1 of BRANCH offer fleet pool fleet iccid 8900000000000000002
2026-01-01 contract B-2 of BRANCH offer fleet iccid 8900000000000000003

# January: the pool of two SIMs holds 20 MB, of which 15 are used: 10 online, 5 by file. B-2 is in no
# pool: 10 of its 110 are included, 100 are charged at 0.10 when the month is over.
2026-01-06 online event iccid 8900000000000000002 data 10 of MB at 10:00 costing 0
2026-01-06 online event iccid 8900000000000000003 data 110 of MB at 11:00 costing 0
2026-01-20 usage mapping:businesses/meadow-usage.yaml <<END
id,sim,kind,at,count
a1,8900000000000000001,data,2026-01-05T10:00:00,5
END
2026-02-01 bill run
2026-02-01 expect invoice FIRM net 10.00 tax 1.90 total 11.90 EUR
2026-02-01 expect line FIRM "Data, tier 1" quantity 100000000 net 10.00
2026-02-01 expect no invoice BRANCH
2026-02-01 expect books balance

# February: 5 MB came over, so that the pool holds 25. 75 of the firm's 125 MB are reported, then the
# rest; 100 are charged. Of B-2's 160 by file 150 are: 250 MB in the second tier are 12.50, VAT 2.375.
2026-02-05 online reserve F1 iccid 8900000000000000001 data 125 of MB at 10:00 granting 125
2026-02-05 online extend F1 used 75 wants 50 of MB at 10:30 granting 50
2026-02-05 online commit F1 used 125 of MB at 11:00
2026-02-05 expect network FIRM activate threshold threshold
2026-02-20 usage mapping:businesses/meadow-usage.yaml <<END
id,sim,kind,at,count
b3,8900000000000000003,data,2026-02-06T11:00:00,160
END
2026-03-01 bill run
2026-03-01 expect invoice FIRM net 12.50 tax 2.38 total 14.88 EUR
2026-03-01 expect line FIRM "Data, tier 2" quantity 250000000 net 12.50
2026-03-01 expect no invoice BRANCH
2026-03-01 expect books balance
