# Prices change in the middle of a call: each part costs what holds in it, and later what the market says.
business businesses/sparrow.yaml catalogue businesses/sparrow-old-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer talk msisdn 491700000001
2026-01-15 prices businesses/sparrow-old-prices.yaml
2026-02-01 prices businesses/sparrow-new-prices.yaml

# Two minutes at 0.06, sixty at 0.60, one at 0.30; the last call has no price in the market yet.
2026-02-01 usage mapping:businesses/calls.yaml <<END
id,line,at,seconds
c1,491700000001,2026-01-31T23:58:00,3780
c2,491700000001,2026-02-01T02:00:00,60
END
2026-02-01 rate
2026-02-01 bill run
2026-02-01 expect invoice A1 net 36.42 tax 6.92 total 43.34 EUR
