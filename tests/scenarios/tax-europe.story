# One operator, two countries: each customer bears the rates of home; a business abroad accounts for the tax itself.
business businesses/sparrow.yaml catalogue businesses/sparrow-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 account A2 "Blaise Example" consumer bill-day 1 taxed-in FR
2026-01-01 account A3 "Société Exemple" reverse_charge bill-day 1 taxed-in FR tax-number FR12345678901
2026-01-01 account A4 "Verein Beispiel" business bill-day 1
2026-01-01 exempt A4 certificate FREI-7 until 2026-02-01
2026-01-01 contract C1 of A1 offer line
2026-01-01 contract C2 of A2 offer line
2026-01-01 contract C3 of A3 offer line
2026-01-01 contract C4 of A4 offer line
2026-01-01 bill run
2026-01-01 expect tax A1 USt taxable 29.95 tax 5.69
2026-01-01 expect tax A1 USt taxable 4.45 tax 0.31
2026-01-01 expect invoice A1 net 35.50 tax 6.00 total 41.50 EUR
2026-01-01 expect tax A2 TVA taxable 29.95 tax 5.99
2026-01-01 expect tax A2 TVA taxable 4.45 tax 0.24
2026-01-01 expect invoice A2 net 35.50 tax 6.23 total 41.73 EUR
2026-01-01 expect invoice A3 net 35.50 tax 0.00 total 35.50 EUR
2026-01-01 expect invoice A4 net 35.50 tax 0.00 total 35.50 EUR

# The certificate ran out.
2026-02-01 bill run
2026-02-01 expect invoice A4 net 35.50 tax 6.00 total 41.50 EUR
2026-02-01 expect books balance
