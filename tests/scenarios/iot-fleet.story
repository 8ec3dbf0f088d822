# Pebble Things: the published fleet of 338 cards on one contract: 338 x 2.40 = 811.20 a month, and a pool of
# 338 x 100 MB = 33,800 MB.

business businesses/pebble.yaml catalogue businesses/pebble-prices.yaml

2026-03-01 account A1 "Placeholder Fleet GmbH" business bill-day 1
2026-03-01 contract F1 of A1 offer fleet iccid 8988303000000000001
2026-03-01 change contract F1 quantity 338
2026-03-01 bill run
# VAT 19 % of 811.20 = 154.128
2026-03-01 expect line A1 "Active" quantity 338 net 811.20
2026-03-01 expect invoice A1 net 811.20 tax 154.13 total 965.33 EUR

# The pool to its last megabyte, and one more: 0.02. VAT 19 % of 811.22 = 154.1318
2026-03-31 usage mapping:businesses/pebble-usage.yaml <<END
id,sim,at,megabytes
u1,8988303000000000001,2026-03-05T09:00:00,33000
u2,8988303000000000001,2026-03-06T09:00:00,801
END
2026-04-01 bill run
2026-04-01 expect line A1 "Data" quantity 1000000 net 0.02
2026-04-01 expect invoice A1 net 811.22 tax 154.13 total 965.35 EUR
2026-04-01 expect books balance
