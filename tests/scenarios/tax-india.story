# Two halves of the tax within the operator's state, one tax between states: an odd cent apart.
business businesses/banyan.yaml catalogue businesses/banyan-prices.yaml

2026-01-01 account HOME "Asha Example" consumer bill-day 1 taxed-in IN-KA
2026-01-01 account AWAY "Ravi Example" consumer bill-day 1 taxed-in IN-MH
2026-01-01 contract C1 of HOME offer line
2026-01-01 contract C2 of AWAY offer line
2026-01-01 bill run
2026-01-01 expect tax HOME CGST taxable 499.50 tax 44.96
2026-01-01 expect tax HOME SGST taxable 499.50 tax 44.96
2026-01-01 expect invoice HOME net 499.50 tax 89.92 total 589.42 INR
2026-01-01 expect tax AWAY IGST taxable 499.50 tax 89.91
2026-01-01 expect invoice AWAY net 499.50 tax 89.91 total 589.41 INR
2026-01-01 expect books balance
