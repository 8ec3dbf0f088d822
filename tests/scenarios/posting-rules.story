# The books are kept in the operator's own chart of accounts: its posting rules say where each fact is booked, from a day on.
# The same facts by the standard chart are those of closing.story. Receivables are account 1400 here, and 2400, which is
# deferred revenue in the standard chart, is bad debt. VAT 19 %.
business businesses/sparrow.yaml catalogue businesses/sparrow-year-prices.yaml

2026-01-01 posting rules businesses/sparrow-rules.yaml
2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer year msisdn 491700000001
2026-01-01 bill run
2026-01-01 expect invoice A1 net 365.00 tax 69.35 total 434.35 EUR
2026-01-01 expect ledger 1400 434.35
2026-01-01 expect ledger 0990 -365.00
2026-01-01 expect ledger 1776 -69.35
2026-01-01 expect ledger 2400 0

2026-01-09 pay A1 434.35 bank reference INV
2026-01-09 expect ledger 1360 434.35
2026-01-09 expect ledger 1400 0
2026-01-09 expect ledger 1718 0

# 31 of 365 days of access are earned. Ten minutes at 0.10 stand on no invoice yet: they are accrued on the evening of
# the 31st and taken back on the next morning, on an account of their own that only accruals touch.
2026-01-31 usage mapping:businesses/calls.yaml <<END
id,line,at,seconds
c1,491700000001,2026-01-20T09:00:00,600
END
2026-01-31 rate
2026-01-31 close books through 2026-01-31
2026-01-31 expect ledger 8400 -31.00
2026-01-31 expect ledger 0990 -334.00
2026-01-31 expect ledger 8490 0

# From February on calls have another account. What was booked before stays where it is, and the proofs, which go by the
# standard accounts, hold across the change.
2026-02-01 posting rules businesses/sparrow-rules-later.yaml
2026-02-01 bill run
2026-02-01 expect invoice A1 net 1.00 tax 0.19 total 1.19 EUR
2026-02-01 expect ledger 8410 0
2026-02-01 expect ledger 8420 -1.00
2026-02-01 expect ledger 1400 1.19
2026-02-01 expect ledger 1776 -69.54
2026-02-01 expect books balance
