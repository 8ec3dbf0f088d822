# Heron Mobile sells a plan for two years with a handset in 24 instalments. Who leaves early pays what is left of the
# handset at once, and half of what the plan would still have cost. Figures are made by hand; VAT 19 %.
business businesses/heron.yaml catalogue businesses/heron-terms-prices.yaml

2026-01-14 account A1 "Ada Example" consumer bill-day 1
2026-01-14 contract C1 of A1 offer mobile-24 msisdn 491700000001

# The plan: 18 of January's 31 days, 18.00, and February, 31.00. An instalment is never cut: the first comes with the
# first whole month. Net 18.00 + 31.00 + 12.50 = 61.50; VAT is exactly 11.685, a tie, which goes up.
2026-02-01 bill run
2026-02-01 expect line A1 "Line" quantity 2 net 49.00
2026-02-01 expect line A1 "Handset" quantity 1 net 12.50
2026-02-01 expect invoice A1 net 61.50 tax 11.69 total 73.19 EUR
2026-03-01 bill run
2026-03-01 expect invoice A1 net 43.50 tax 8.27 total 51.77 EUR

# She leaves on 15 March, her last day. 16 of 31 days come back: -16.00. Two of 24 instalments are paid, 22 are due at
# once: 22 x 12.50 = 275.00. The term would have ended on 13 January 2028. Until then the plan would cost 16.00 for the rest
# of March, 21 x 31.00 = 651.00 and 13.00 for 13 of January's 31 days: 680.00, and half of it is 340.00.
2026-03-16 end contract C1
2026-03-16 bill run
2026-03-16 expect line A1 "Line" quantity -1 net -16.00
2026-03-16 expect line A1 "Handset, 22 instalments due at once" quantity 1 net 275.00
2026-03-16 expect line A1 "Early termination of C1" quantity 1 net 340.00
2026-03-16 expect invoice A1 net 599.00 tax 113.81 total 712.81 EUR
2026-03-16 expect service C1 ended

# Nothing of it comes twice.
2026-04-01 bill run
2026-04-01 expect no invoice A1
2026-04-01 expect books balance
