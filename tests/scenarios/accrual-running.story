# Cycles that go on at the end of a month: what only their end tells is priced as if they ended that evening, by the calls
# that began by then, and reversed on the next day. Figures are made by hand.
business businesses/orchard.yaml catalogue businesses/orchard-period-prices.yaml

2026-01-16 account A1 "Ada Example" business bill-day 16
2026-01-16 contract C1 of A1 offer volume msisdn 4930000001
2026-01-16 account A2 "Ben Example" business bill-day 16
2026-01-16 contract C2 of A2 offer office msisdn 4930000002
2026-01-16 grant contract C2 commitment floor "{pay: 31.00 per month, covers: [calls]}"
2026-01-16 bill run
2026-01-16 expect invoice A1 net 10.00 tax 1.90 total 11.90 EUR

# Ada: 90 minutes in January are up to 100 and cost 0.20; with 30 more in February all will cost 0.10. Ben: 150 minutes in
# January, 100 of them included: 5.00; he agreed to 31.00 a month, of which 16 of 31 days are 16.00, so 11.00 is to make up.
2026-02-03 usage mapping:businesses/orchard-calls.yaml <<END
id,line,at,seconds
u1,4930000001,2026-01-20T09:00:00,5400
u2,4930000001,2026-02-02T09:00:00,1800
u3,4930000002,2026-01-21T09:00:00,9000
u4,4930000002,2026-02-02T09:00:00,12000
END
2026-02-03 rate
2026-02-03 turn books through 2026-01-31
2026-02-03 expect ledger 1250 34.00 through 2026-01-31
2026-02-03 expect ledger 1250 0.00 through 2026-02-01
2026-02-03 expect books balance

# The looks left no trace: the bills are those of contracts that go on.
2026-02-16 bill run
2026-02-16 expect line A1 "Calls" quantity 7200 net 12.00
2026-02-16 expect invoice A1 net 22.00 tax 4.18 total 26.18 EUR
2026-02-16 expect invoice A2 net 51.00 tax 9.69 total 60.69 EUR
2026-02-16 expect service C2 active
2026-02-16 expect books balance
