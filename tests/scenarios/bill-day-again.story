# A bill day that is to change is changed once more, or not at all, as long as the day on which the cycles turn is not past. After
# that the next bill comes first. Figures are made by hand; VAT 19 %.
business businesses/sparrow.yaml catalogue businesses/sparrow-bill-day-prices.yaml

2026-03-01 account A1 "Ada Example" consumer bill-day 1
2026-03-01 contract C1 of A1 offer small
2026-03-01 account A2 "Ben Example" consumer bill-day 1
2026-03-01 contract C2 of A2 offer small
2026-03-01 account A3 "Cai Example" consumer bill-day 1
2026-03-01 contract C3 of A3 offer small
2026-03-01 bill run
2026-03-01 expect invoice A1 net 15.50 tax 2.95 total 18.45 EUR

# Ada wants the 20th, then the 11th. Ben wants the 15th and the days until then with the cycle after, and then stays where he
# was. Cai wants the 15th that way, and on the day itself the 11th, billed at once.
2026-03-10 bill-day A1 20
2026-03-10 bill-day A2 15 first long
2026-03-10 bill-day A3 15 first long
2026-03-12 bill-day A1 11
2026-03-12 bill-day A2 1
2026-03-12 refused bill_day_held bill-day A2 1
2026-04-01 bill-day A3 11

# 10 of the 31 days from 11 March to 10 April: 15.50 x 10 / 31 = 5.00. Ben: April, 15.50.
2026-04-01 bill run
2026-04-01 expect invoice A1 net 5.00 tax 0.95 total 5.95 EUR
2026-04-01 expect invoice A2 net 15.50 tax 2.95 total 18.45 EUR
2026-04-01 expect invoice A3 net 5.00 tax 0.95 total 5.95 EUR
2026-04-11 bill run
2026-04-11 expect invoice A1 net 15.50 tax 2.95 total 18.45 EUR
2026-04-11 expect no invoice A2
2026-04-11 expect invoice A3 net 15.50 tax 2.95 total 18.45 EUR

# The 25th, with the days until then on the bill of the 25th: 15.50 x 14 / 30 + 15.50. On 20 May these days run, and only their
# bill makes way for another change.
2026-04-12 bill-day A1 25 first long
2026-05-11 bill run
2026-05-11 expect no invoice A1
2026-05-20 refused bill_day_turns bill-day A1 1
2026-05-25 bill run
2026-05-25 expect invoice A1 net 22.73 tax 4.32 total 27.05 EUR
2026-05-25 bill-day A1 1
2026-05-25 expect books balance
