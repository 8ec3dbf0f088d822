# Bills wait for a person where a rule says so: those above 150.00, and those more than 20 % off the
# last one. A draft has no number; what is approved is issued as it was shown, or waits again.
business businesses/orchard.yaml catalogue businesses/orchard-prices.yaml

2026-01-01 account A1 "Alder Bakery" business bill-day 1
2026-01-01 account A2 "Birch Books" business bill-day 1
2026-01-01 account A3 "Cedar Cycles" business bill-day 1
2026-01-01 contract C1 of A1 offer office msisdn 4930000031
2026-01-01 contract C2 of A2 offer office msisdn 4930000032
2026-01-01 contract C3 of A3 offer office msisdn 4930000033
2026-01-01 bill run
2026-01-01 expect number A1 INV-2026-000001
2026-01-01 expect number A3 INV-2026-000003
2026-01-15 hold bills over 150.00 off 20

# The bakery calls for 140 min: 20.00 + 4.00, and 20 % more is not above 20 %. The bookshop calls for
# 200 min: 30.00, 50 % more. The cyclists call for 1,300 min: 140.00 and its tax are above 150.00.
2026-01-31 usage mapping:businesses/orchard-calls.yaml <<END
id,line,at,seconds
a1,4930000031,2026-01-10T09:00:00,8400
a2,4930000032,2026-01-10T09:00:00,12000
a3,4930000033,2026-01-10T09:00:00,78000
END
2026-02-01 bill run
2026-02-01 expect invoice A1 net 24.00 tax 4.56 total 28.56 EUR
2026-02-01 expect number A1 INV-2026-000004
2026-02-01 expect no invoice A2
2026-02-01 expect draft A2 total 35.70 because off
2026-02-01 expect draft A3 total 166.60 because over
2026-02-01 expect balance A2 23.80
2026-02-01 expect books balance

# The same day again: what waits, waits. The bookshop's bill is right; it gets the next number.
2026-02-01 bill run
2026-02-01 expect draft A2 total 35.70 because off
2026-02-02 approve bills of A2
2026-02-02 expect no draft A2
2026-02-02 expect no invoice A2
2026-02-02 expect balance A2 59.50
2026-02-02 expect books balance

# The cyclists' bill was approved too late: a call of before came in meanwhile, so it waits again.
2026-02-02 usage mapping:businesses/orchard-calls.yaml <<END
id,line,at,seconds
a4,4930000033,2026-01-11T09:00:00,600
END
2026-02-02 rate
2026-02-02 approve bills of A3
2026-02-02 expect draft A3 total 167.79 because changed
2026-02-02 expect balance A3 23.80
2026-02-03 reject bills of A3 "a card was stolen"
2026-02-03 grant account A3 coupon goodwill "{less: 40 %}"
2026-02-03 bill run
2026-02-03 expect no invoice A3
2026-02-04 redo bills of A3
2026-02-04 expect no invoice A3
2026-02-04 expect books balance
2026-02-04 approve bills of A3
2026-02-04 expect no draft A3
2026-02-04 expect books balance

# A run that holds all of its bills.
2026-02-20 hold bills
2026-03-01 bill hold
2026-03-01 expect draft A1 total 23.80 because asked
2026-03-01 expect no invoice A1
2026-03-01 approve bills of A1
2026-03-01 expect invoice A1 net 20.00 tax 3.80 total 23.80 EUR
2026-03-01 expect number A1 INV-2026-000007
2026-03-01 expect books balance
