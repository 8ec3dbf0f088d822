# A wrong invoice is taken back. One that nobody saw or paid is void: its number stays, its entry is
# reversed, its cycle is billed again. Any other is credited whole and billed again. Never twice.
business businesses/orchard.yaml catalogue businesses/orchard-period-prices.yaml

2026-01-01 account V1 "Violet Press" business bill-day 1
2026-01-01 contract C1 of V1 offer office msisdn 4930000041
2026-01-01 account V2 "Vetch Tools" business bill-day 1
2026-01-01 contract C2 of V2 offer volume msisdn 4930000042
2026-01-01 bill run
2026-01-01 expect invoice V1 net 20.00 tax 3.80 total 23.80 EUR
2026-01-31 usage mapping:businesses/orchard-calls.yaml <<END
id,line,at,seconds
v1,4930000041,2026-01-10T09:00:00,12000
v2,4930000042,2026-01-10T09:00:00,12000
END
2026-01-31 close books through 2026-01-31

# February and 100 min above the 100 included: 20.00 + 10.00.
2026-02-01 bill run
2026-02-01 expect invoice V1 net 30.00 tax 5.70 total 35.70 EUR
2026-02-01 expect number V1 INV-2026-000003
2026-02-01 expect ledger 1200 107.10

# The discount agreed with Violet was forgotten: the bill is void, the discount noted, the cycle billed
# again, with the same calls and the same month.
2026-02-03 void V1 invoice 2026-02-01 "the discount was forgotten"
2026-02-03 expect void V1 INV-2026-000003
2026-02-03 expect balance V1 23.80
2026-02-03 expect ledger 1200 71.40
2026-02-03 expect ledger 2200 -11.40
2026-02-03 expect books balance
2026-02-03 grant contract C1 discount loyal "{less: 10 %, covers: [calls]}"
2026-02-03 bill run
2026-02-03 expect line V1 "Calls" quantity 6000 net 10.00
2026-02-03 expect line V1 "Access" quantity 1 net 20.00
2026-02-03 expect number V1 INV-2026-000005
2026-02-03 expect books balance
2026-02-03 bill run
2026-02-03 expect number V1 INV-2026-000005

# Vetch's 200 min were priced as a whole month: 0.10 each. Void and billed again they are the same.
2026-02-04 rebill V2 invoice 2026-02-01 "the wrong address"
2026-02-04 expect line V2 "Calls" quantity 12000 net 20.00
2026-02-04 expect invoice V2 net 30.00 tax 5.70 total 35.70 EUR
2026-02-04 expect books balance

# Part of February's revenue is released, then Violet pays, and the bill proves wrong after all: it is
# credited and billed again in one step.
2026-02-14 turn books through 2026-02-14
2026-02-14 expect books balance
2026-02-15 pay V1 59.50 bank
2026-02-15 rebill V1 invoice 2026-02-03 "the address was wrong"
2026-02-15 expect number V1 "CRN-2026-000001, INV-2026-000007"
2026-02-15 expect line V1 "Calls" quantity 6000 net 10.00
2026-02-15 expect books balance
2026-02-28 close books through 2026-02-28
2026-03-01 bill run
2026-03-01 expect invoice V1 net 20.00 tax 3.80 total 23.80 EUR
2026-03-01 expect books balance

# March is taken back before anybody saw it, when part of it is earned: what was released comes back too.
2026-03-10 turn books through 2026-03-10
2026-03-11 rebill V1 invoice 2026-03-01 "a second copy was asked for"
2026-03-11 expect void V1 INV-2026-000008
2026-03-11 expect invoice V1 net 20.00 tax 3.80 total 23.80 EUR
2026-03-11 expect number V1 INV-2026-000010
2026-03-11 expect books balance
2026-03-31 close books through 2026-03-31
2026-04-01 expect ledger 2400 0
2026-04-01 expect books balance
