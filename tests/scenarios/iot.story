# Pebble Things: SIM cards at 2.40 a month, each bringing 100 MB into a pool that all of them share. A card that
# was active at any time in the month is charged its whole month, once. Sums are made by hand; VAT 19 %.

business businesses/pebble.yaml catalogue businesses/pebble-prices.yaml

2026-03-01 account A1 "Placeholder Sensors GmbH" business bill-day 1
2026-03-01 contract S1 of A1 offer sim iccid 8988303000000000001
2026-03-01 contract S2 of A1 offer sim iccid 8988303000000000002
2026-03-01 contract S3 of A1 offer sim iccid 8988303000000000003
# One card comes on the last day but one, another leaves on the 10th.
2026-03-10 end contract S3
2026-03-30 contract S4 of A1 offer sim iccid 8988303000000000004

# 500 MB in all: one card takes far more than its own hundred, and the pool of 4 x 100 MB carries it.
2026-03-31 usage mapping:businesses/pebble-usage.yaml <<END
id,sim,at,megabytes
u1,8988303000000000001,2026-03-05T09:00:00,350
u2,8988303000000000002,2026-03-06T09:00:00,40
u3,8988303000000000003,2026-03-09T09:00:00,10
u4,8988303000000000004,2026-03-30T09:00:00,100
END
2026-04-01 bill run
# 4 cards x 2.40 = 9.60; 100 MB beyond the pool x 0.02 = 2.00; VAT 19 % of 11.60 = 2.204
2026-04-01 expect line A1 "Active" quantity 4 net 9.60
2026-04-01 expect line A1 "Data" quantity 100000000 net 2.00
2026-04-01 expect invoice A1 net 11.60 tax 2.20 total 13.80 EUR
2026-04-01 expect network A1 activate activate activate end activate threshold threshold

# April has three cards and a pool of 300 MB, which holds everything.
2026-04-30 usage mapping:businesses/pebble-usage.yaml <<END
id,sim,at,megabytes
u6,8988303000000000001,2026-04-05T09:00:00,300
END
2026-05-01 bill run
2026-05-01 expect line A1 "Active" quantity 3 net 7.20
2026-05-01 expect invoice A1 net 7.20 tax 1.37 total 8.57 EUR
2026-05-01 expect balance A1 22.37
2026-05-01 expect books balance
