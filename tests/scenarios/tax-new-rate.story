# A law raises a rate in the middle of the year: the new table is published before, bills of before keep theirs, and so do
# their credit notes. The rates are invented.
business businesses/sparrow.yaml catalogue businesses/sparrow-2020-prices.yaml

2026-05-20 account A1 "Ada Example" consumer bill-day 1
2026-05-20 account A2 "Bob Example" reverse_charge bill-day 1 tax-number DE999999998
2026-06-01 contract C1 of A1 offer line
2026-06-01 contract C2 of A2 offer line
2026-06-01 bill run
2026-06-01 expect invoice A1 net 29.95 tax 5.69 total 35.64 EUR

2026-06-15 refused taxes_refused tax table businesses/sparrow-wrong-taxes.yaml
2026-06-15 tax table businesses/sparrow-july-taxes.yaml
2026-07-01 bill run
2026-07-01 expect tax A1 USt taxable 29.95 tax 6.29
2026-07-01 expect invoice A1 net 29.95 tax 6.29 total 36.24 EUR
2026-07-01 expect invoice A2 net 29.95 tax 0.00 total 29.95 EUR

# Given back in July, taxed in June: 19 %.
2026-07-02 credit A1 invoice 2026-06-01
2026-07-02 expect tax A1 USt taxable -29.95 tax -5.69

# The law was misread. A table that says otherwise of the first of July is taken when that is asked for; what was issued
# stays, and the note to it too.
2026-07-03 refused taxed_days_change tax table businesses/sparrow-july-mended-taxes.yaml
2026-07-03 correct tax table businesses/sparrow-july-mended-taxes.yaml
2026-07-03 credit A1 invoice 2026-07-01
2026-07-03 expect tax A1 USt taxable -29.95 tax -6.29
2026-08-01 bill run
2026-08-01 expect invoice A1 net 29.95 tax 5.99 total 35.94 EUR
2026-08-01 expect taxes DE USt taxable 59.90 tax 5.99 from 2026-08-01 to 2026-08-31
2026-08-01 expect books balance
