# At the end of a month the books foresee the bill of the next day: a fee in arrears, calls, and what makes up an agreed
# minimum. Of a cycle that goes on, the days served count. Figures are made by hand; VAT 19 %.
business businesses/sparrow.yaml catalogue businesses/sparrow-bill-day-prices.yaml

2026-03-01 account A1 "Ada Example" consumer bill-day 1
2026-03-01 contract C1 of A1 offer saver msisdn 491700000001
2026-03-01 account A2 "Ben Example" consumer bill-day 16
2026-03-01 contract C2 of A2 offer saver msisdn 491700000002
2026-03-20 account A3 "Cai Example" consumer bill-day 16
2026-03-20 contract C3 of A3 offer small
2026-03-31 usage mapping:businesses/calls.yaml <<END
id,line,at,seconds
c1,491700000001,2026-03-20T09:00:00,1800
c2,491700000002,2026-03-20T09:00:00,600
END
2026-03-31 bill run
2026-03-31 rate
2026-03-31 turn books through 2026-03-31

# Ada: 31.00, calls 3.00 and 7.00 to make up 10.00. Ben was billed through 15 March; 16 days of his cycle from 16 March to
# 15 April (31 days) are served: 31.00 x 16 / 31 = 16.00, and calls 1.00. Of the 10.00 agreed these days are 5.16, so that
# 4.16 is to make up as it stands.
# Cai was not billed yet for 12 days from 20 March, of 31: 15.50 x 12 / 31 = 6.00. In all 41.00 + 21.16 + 6.00.
2026-03-31 expect ledger 1250 68.16 through 2026-03-31
2026-03-31 expect ledger 1250 0.00 through 2026-04-01

# The bill is what the books foresaw.
2026-04-01 bill run
2026-04-01 expect invoice A1 net 41.00 tax 7.79 total 48.79 EUR
2026-04-16 bill run
2026-04-16 expect invoice A2 net 41.00 tax 7.79 total 48.79 EUR
2026-04-16 expect books balance
