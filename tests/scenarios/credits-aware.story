# Minutes that are paid for up front and used in the first days. Who leaves early, or changes the plan, gets back what is not
# served, but nothing of what was used. Figures are made by hand; VAT 19 %.
business businesses/sparrow.yaml catalogue businesses/sparrow-credits-prices.yaml

2026-03-01 account A1 "Ada Example" consumer bill-day 1
2026-03-01 contract C1 of A1 offer bundle msisdn 491700000001
2026-03-01 account A2 "Ben Example" consumer bill-day 1
2026-03-01 contract C2 of A2 offer bundle msisdn 491700000002
2026-03-01 account A3 "Cai Example" consumer bill-day 1
2026-03-01 contract C3 of A3 offer bundle msisdn 491700000003
2026-03-01 account A4 "Dee Example" consumer bill-day 1
2026-03-01 contract C4 of A4 offer bundle msisdn 491700000004
2026-03-01 bill run
2026-03-01 expect invoice A1 net 31.00 tax 5.89 total 36.89 EUR

# 80, 20, 150 and 80 of 100 minutes.
2026-03-10 usage mapping:businesses/calls.yaml <<END
id,line,at,seconds
c1,491700000001,2026-03-05T09:00:00,4800
c2,491700000002,2026-03-05T09:00:00,1200
c3,491700000003,2026-03-05T09:00:00,9000
c4,491700000004,2026-03-05T09:00:00,4800
END

# 16 of 31 days are not served: 16.00. Ada used 80 %, so 24.80 of her 31.00 stay paid and 6.20 come back. Ben used 20 %: all
# of the 16.00 come back. Cai used everything, and 50 minutes more at 0.10: nothing comes back, 5.00 are due.
2026-03-16 end contract C1
2026-03-16 end contract C2
2026-03-16 end contract C3
2026-03-16 change contract C4 to large
2026-03-16 bill run
2026-03-16 expect invoice A1 net -6.20 tax -1.18 total -7.38 EUR
2026-03-16 expect invoice A2 net -16.00 tax -3.04 total -19.04 EUR
2026-03-16 expect invoice A3 net 5.00 tax 0.95 total 5.95 EUR

# Dee's larger plan from the 16th: 62.00 x 16 / 31 = 32.00 and April, 62.00, less the 6.20. VAT of 87.80 = 16.682
2026-04-01 bill run
2026-04-01 expect line A4 "Line" quantity 1 net 87.80
2026-04-01 expect invoice A4 net 87.80 tax 16.68 total 104.48 EUR
2026-04-01 expect books balance
