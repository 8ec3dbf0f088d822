# A contract that began weeks before anybody wrote it down, and one that changes its mind three times in a day. What was
# missed is made up on the next bill, by days; of several changes on one day the last counts; days that are billed and over
# are closed. Figures are made by hand; VAT 19 %.
business businesses/sparrow.yaml catalogue businesses/sparrow-plans-prices.yaml

2026-03-10 account A1 "Ada Example" consumer bill-day 1
2026-03-10 contract C1 of A1 offer large from 2026-01-15 msisdn 491700000001

# 17 of January's 31 days: 31.00 x 17 / 31 = 17.00 and 6.20 x 17 / 31 = 3.40; February and March whole.
2026-03-10 bill run
2026-03-10 expect line A1 "Line" quantity 3 net 79.00
2026-03-10 expect line A1 "Plus" quantity 3 net 15.80
2026-03-10 expect invoice A1 net 94.80 tax 18.01 total 112.81 EUR
2026-04-01 bill run
2026-04-01 expect invoice A1 net 37.20 tax 7.07 total 44.27 EUR

2026-04-10 change contract C1 to small
2026-04-10 change contract C1 quantity 3
2026-04-10 change contract C1 to large quantity 2
2026-04-10 refused nothing_changes change contract C1 quantity 2
2026-04-10 refused contract_not_running change contract C1 to small from 2026-01-14

# Twice the plan for 21 of April's 30 days instead of once: 31.00 x 21 / 30 = 21.70 and 6.20 x 21 / 30 = 4.34 come back,
# 43.40 and 8.68 are due; and May, 62.00 + 12.40. Net 100.44; VAT 19.0836
2026-05-01 bill run
2026-05-01 expect line A1 "Line" quantity 3 net 83.70
2026-05-01 expect line A1 "Plus" quantity 3 net 16.74
2026-05-01 expect invoice A1 net 100.44 tax 19.08 total 119.52 EUR
2026-05-01 refused days_closed change contract C1 to small from 2026-03-20
2026-05-01 expect books balance
