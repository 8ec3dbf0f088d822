# SIM cards that are not paid for are cut off all at once, and one payment brings all of them back, on the same day, without
# anybody's hand. A card that was given up meanwhile stays given up. Figures are made by hand; VAT 19 %.
business businesses/pebble-late.yaml catalogue businesses/pebble-prices.yaml

2026-03-01 account A1 "Placeholder Sensors GmbH" business bill-day 1
2026-03-01 contract S1 of A1 offer fleet iccid 8988303000000000001
2026-03-01 contract S2 of A1 offer fleet iccid 8988303000000000002
2026-03-01 contract S3 of A1 offer fleet iccid 8988303000000000003
2026-03-01 bill run
2026-03-01 expect invoice A1 net 7.20 tax 1.37 total 8.57 EUR

# Due on 15 March, five days late on the 20th.
2026-03-19 collect
2026-03-19 expect service S1 active
2026-03-20 collect
2026-03-20 expect service S1 suspended
2026-03-20 expect service S2 suspended
2026-03-22 end contract S3

# Half is not enough.
2026-03-23 pay A1 4.00 bank reference INV
2026-03-23 expect service S1 suspended
2026-03-24 pay A1 4.57 bank reference INV
2026-03-24 expect service S1 active
2026-03-24 expect service S2 active
2026-03-24 expect service S3 ended
2026-03-24 expect network A1 activate activate activate suspend suspend suspend end restore restore

# Two cards for April, 4.80; the third gives 10 of March's 31 days back, 2.40 x 10 / 31 = 0.7742; 2.50 for bringing the cards
# back. Net 4.80 - 0.77 + 2.50 = 6.53; VAT of exactly 6.5258 = 1.2399
2026-04-01 bill run
2026-04-01 expect line A1 "Reconnection fee" quantity 1 net 2.50
2026-04-01 expect invoice A1 net 6.53 tax 1.24 total 7.77 EUR
2026-04-01 expect books balance
