# Trials: the first 14 days for nothing, or the first two months for less. The regular price begins on the day after,
# wherever in a month that is. Figures are made by hand; VAT 19 %.
business businesses/heron.yaml catalogue businesses/heron-terms-prices.yaml

# 31 January: the anniversary of a short month. 5.00 until 30 March, the regular price from the 31st on.
2026-01-31 account A2 "Ben Example" consumer bill-day 31
2026-01-31 contract C2 of A2 offer starter
2026-01-31 bill run
2026-01-31 expect invoice A2 net 5.00 tax 0.95 total 5.95 EUR
2026-02-28 bill run
2026-02-28 expect invoice A2 net 5.00 tax 0.95 total 5.95 EUR

# 1 March: 14 days for nothing, 17 of 31 days at 31.00.
2026-03-01 account A1 "Ada Example" consumer bill-day 1
2026-03-01 contract C1 of A1 offer taster
2026-03-01 bill run
2026-03-01 expect line A1 "Plan" quantity 2 net 17.00
2026-03-01 expect invoice A1 net 17.00 tax 3.23 total 20.23 EUR

# Two that try and leave. Cai goes within the trial and owes nothing; Dee a day after it ended, on 3 April, and has had one day
# to pay for: 31.00 / 30 = 1.0333.
2026-03-20 account A3 "Cai Example" consumer bill-day 1
2026-03-20 contract C3 of A3 offer taster
2026-03-20 account A4 "Dee Example" consumer bill-day 1
2026-03-20 contract C4 of A4 offer taster
2026-03-25 end contract C3
2026-03-31 bill run
2026-03-31 expect balance A3 0.00
2026-03-31 expect invoice A2 net 31.00 tax 5.89 total 36.89 EUR
2026-04-04 end contract C4
2026-04-04 bill run
2026-04-04 expect invoice A4 net 1.03 tax 0.20 total 1.23 EUR
2026-04-04 expect books balance
