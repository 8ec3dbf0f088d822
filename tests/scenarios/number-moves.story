# A toll-free number goes from one customer to another. Nobody holds it twice; the call of the last minute before midnight is
# the old one's, the call of the first minute after it the new one's. Figures are made by hand; VAT 20 %.
business businesses/parasol.yaml catalogue businesses/parasol-prices.yaml

2026-03-01 account A1 "Example Bakery" business bill-day 1
2026-03-01 contract C1 of A1 offer toll-free number 448081570000
2026-03-01 account A2 "Example Florist" business bill-day 1
2026-03-01 bill run
2026-03-01 expect invoice A1 net 8.00 tax 1.60 total 9.60 GBP
2026-03-10 refused identifier_held contract C2 of A2 offer toll-free number 448081570000
2026-03-10 expect network A2

2026-03-15 end contract C1
2026-03-15 contract C2 of A2 offer toll-free number 448081570000
2026-03-15 usage mapping:businesses/parasol-usage.yaml <<END
id,number,kind,at,quantity,origin
v1,448081570000,voice,2026-03-14T23:59:30,60,landline
v2,448081570000,voice,2026-03-15T00:00:00,120,landline
END

# The bakery: 17 of 31 days come back, 8.00 x 17 / 31 = 4.3871; a minute at 0.015, half a cent and more, is 0.02.
# Net -4.39 + 0.02 = -4.37; VAT of exactly -4.3721 = -0.8744
2026-03-15 bill run
2026-03-15 expect line A1 "Landline" quantity 60 net 0.02
2026-03-15 expect invoice A1 net -4.37 tax -0.87 total -5.24 GBP

# The florist: 17 days of March 4.39, April 8.00, two minutes 0.03. VAT of exactly 12.4171 = 2.4834
2026-04-01 bill run
2026-04-01 expect line A2 "Landline" quantity 120 net 0.03
2026-04-01 expect invoice A2 net 12.42 tax 2.48 total 14.90 GBP
2026-04-01 expect network A2 activate
2026-04-01 expect books balance
