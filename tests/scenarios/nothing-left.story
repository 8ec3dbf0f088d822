# Bills wait for approval, and meanwhile nothing is left of some: another pays for the branch, a contract ends on the day it began,
# one was billed otherwise. Such a draft does not wait for ever, and what is due later is not held for its sake.
business businesses/orchard.yaml catalogue businesses/orchard-prices.yaml

2026-01-01 account H1 "Oak Holding" business bill-day 1
2026-01-01 account H2 "Oak Branch" business bill-day 1 under H1
2026-01-01 account A3 "Cedar Cycles" business bill-day 1
2026-01-01 account A4 "Dogwood Dairy" business bill-day 1
2026-01-01 contract C1 of H1 offer office msisdn 4930000071
2026-01-01 contract C2 of H2 offer office msisdn 4930000072
2026-01-01 contract C3 of A3 offer office msisdn 4930000073
2026-01-01 contract C4 of A4 offer office msisdn 4930000074
2026-01-01 bill hold
2026-01-01 expect draft H1 total 23.80 because asked
2026-01-01 expect draft H2 total 23.80 because asked
2026-01-01 expect draft A3 total 23.80 because asked

# The holding pays for the branch from now on: its bill has both, the branch's is none.
2026-01-02 payer of H2 is H1
2026-01-02 reject bills of H2 "the holding pays"
2026-01-02 redo bills of H2
2026-01-02 expect no draft H2
2026-01-02 redo bills of H1
2026-01-02 expect draft H1 total 47.60 because asked

# The cyclists go on the day they came, and owe nothing.
2026-01-02 end contract C3 on 2026-01-01
2026-01-02 redo bills of A3
2026-01-02 expect no draft A3
2026-01-02 expect no invoice A3

# What waits and is right, still waits, whatever runs come; the branch, for itself again, is billed without a hold.
2026-01-02 approve bills of H1
2026-01-02 bill run
2026-01-02 expect draft A4 total 23.80 because asked
2026-01-31 payer of H2 is H2
2026-02-01 bill run
2026-02-01 expect invoice H2 net 20.00 tax 3.80 total 23.80 EUR
2026-02-01 expect draft A4 total 47.60 because asked
2026-02-01 expect books balance
