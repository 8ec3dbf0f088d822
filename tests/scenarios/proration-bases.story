# A part of a month may be counted in days of a bank's year, in which every month has 30, or in seconds, so that the day
# on which the clocks change weighs its hours; or a first month is charged whole, or not at all. VAT 19 %.
business businesses/sparrow.yaml catalogue businesses/sparrow-bases-prices.yaml

# A bank's February has 30 days as well: from the 15th on 16 of 30, 30.00 x 16 / 30 = 16.00; and March, 30.00.
2026-02-15 account A1 "Ada Example" consumer bill-day 1
2026-02-15 contract C1 of A1 offer bank-days
2026-03-01 bill run
2026-03-01 expect invoice A1 net 46.00 tax 8.74 total 54.74 EUR

2026-03-20 account A4 "Dee Example" consumer bill-day 1
2026-03-20 contract C4 of A4 offer whole-start
2026-03-20 account A5 "Eve Example" consumer bill-day 1
2026-03-20 contract C5 of A5 offer free-start
2026-03-29 account A3 "Cai Example" consumer bill-day 1
2026-03-29 contract C3 of A3 offer by-the-hour
2026-03-31 account A2 "Ben Example" consumer bill-day 1
2026-03-31 contract C2 of A2 offer bank-days

# Ben: a bank's 31st is its 30th, one day of 30: 1.00, and April. Cai: of March's 743 hours the last three days have 71, for the
# 29th has 23: 71.00, and April. Dee pays March whole, Eve not at all.
2026-04-01 bill run
2026-04-01 expect invoice A2 net 31.00 tax 5.89 total 36.89 EUR
2026-04-01 expect invoice A3 net 814.00 tax 154.66 total 968.66 EUR
2026-04-01 expect invoice A4 net 62.00 tax 11.78 total 73.78 EUR
2026-04-01 expect invoice A5 net 31.00 tax 5.89 total 36.89 EUR

# Both leave in the middle of April. Dee's offer charges nothing for a month that is cut, Eve's all of it.
2026-04-15 end contract C4
2026-04-15 end contract C5
2026-04-15 bill run
2026-04-15 expect invoice A4 net -31.00 tax -5.89 total -36.89 EUR
2026-04-15 expect no invoice A5
2026-04-15 expect books balance
