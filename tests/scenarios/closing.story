# What is billed in advance is earned by the day, what is used and not billed yet is accrued, and closed books stay closed.
business businesses/sparrow.yaml catalogue businesses/sparrow-year-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer year msisdn 491700000001
2026-01-01 bill run
2026-01-01 expect invoice A1 net 365.00 tax 69.35 total 434.35 EUR
2026-01-01 expect ledger 2400 -365.00

# 31 of 365 days are earned, and ten minutes stand on no invoice.
2026-01-31 usage mapping:businesses/calls.yaml <<END
id,line,at,seconds
c1,491700000001,2026-01-20T09:00:00,600
END
2026-01-31 rate
2026-01-31 turn books through 2026-01-30
2026-01-31 expect ledger 2400 -335.00
2026-01-31 close books through 2026-01-31
2026-01-31 expect ledger 2400 -334.00
2026-01-31 expect ledger access -31.00
2026-01-31 expect books balance

# Accrued on the 30th and the 31st, reversed each next day: the bill brings what stays.
2026-02-01 bill run
2026-02-01 expect invoice A1 net 1.00 tax 0.19 total 1.19 EUR
2026-02-01 expect ledger 1250 0
2026-02-01 expect ledger voice -1.00

# The contract ends: the days not served come back, and nothing is left to earn.
2026-03-01 end contract C1
2026-03-01 bill run
2026-03-01 close books through 2026-12-31
2026-03-01 expect ledger 2400 0
2026-03-01 expect ledger access -59.00
2026-03-01 expect books balance
