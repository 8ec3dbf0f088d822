# Routers are lent and come back: in time, too late, or never. What is not back by its day is on the final or the next bill with its
# tax, once; what comes back after that is credited. Figures are made by hand; VAT 20 %.
business businesses/wren.yaml catalogue businesses/wren-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 account A2 "Bob Placeholder" consumer bill-day 1
2026-01-01 account A3 "Cy Invented" consumer bill-day 1 segment short
2026-01-01 contract C1 of A1 offer line msisdn 447700900021
2026-01-01 contract C2 of A2 offer line msisdn 447700900022
2026-01-01 contract C3 of A3 offer bundle msisdn 447700900023
2026-01-01 lend C1 router R-1 worth 90
2026-01-01 lend C2 router R-2 worth 90 days 10
2026-01-01 lend C3 router R-3 worth 90 days 2
2026-01-01 refused device_out lend C2 router R-1 worth 90
2026-01-01 deposit A2 50
2026-01-01 bill run
2026-01-02 pay A1 24.00 bank reference INV
2026-01-02 pay A2 24.00 bank reference INV

# Two leave. 21 of 31 days come back, 20.00 x 21 / 31 = 13.5484, VAT 2.7097. The warehouse is to ask for the routers: the first
# within 14 days, by the 25th, the second within ten, by the 21st. The deposit stays until that is settled.
2026-01-11 end contract C1
2026-01-11 end contract C2
2026-01-11 expect told warehouse A1 collect
2026-01-11 expect told warehouse A2 collect
2026-01-11 expect told warehouse A3
2026-01-11 bill run
2026-01-11 expect invoice A1 net -13.55 tax -2.71 total -16.26 GBP
2026-01-11 refused contract_over lend C1 router R-4 worth 90
2026-01-15 deposit run
2026-01-15 expect balance A2 -16.26

# The third never paid: due on the 15th, terminated three days later. Its router is due back on the 20th.
2026-01-18 collect
2026-01-18 expect service C3 ended
2026-01-18 expect told warehouse A3 collect
2026-01-20 returned R-1
2026-01-21 contract run
2026-01-21 expect device R-1 returned
2026-01-21 expect device R-2 asked
2026-01-21 expect device R-3 charged

# The final bill: leaving within the minimum term 60.00, the router 90.00, 14 of 31 days back, 25.00 x 14 / 31 = 11.2903.
# Net 138.71; VAT of exactly 138.7097 = 27.7419
2026-01-22 bill run
2026-01-22 expect line A3 "Early termination" quantity 1 net 60.00
2026-01-22 expect line A3 "router R-3, not returned" quantity 1 net 90.00
2026-01-22 expect invoice A3 net 138.71 tax 27.74 total 166.45 GBP

# After its last bill, one more: the router alone, however often bills are run. Now the deposit pays of it.
2026-01-22 expect invoice A2 net 90.00 tax 18.00 total 108.00 GBP
2026-01-22 expect no invoice A1
2026-01-23 bill run
2026-01-23 expect no invoice A2
2026-01-23 deposit run
2026-01-23 expect balance A2 41.74
2026-01-23 expect ledger 4070 -180.00

# Found behind the cupboard after all: credited with its tax, once.
2026-01-30 returned R-2
2026-01-30 expect device R-2 returned
2026-01-30 expect invoice A2 net -90.00 tax -18.00 total -108.00 GBP
2026-01-30 expect balance A2 -66.26
2026-01-30 refused not_lent returned R-2
2026-02-01 bill run
2026-02-01 expect no invoice A2
2026-02-01 expect no invoice A1
2026-02-01 expect ledger 4070 -90.00
2026-02-01 expect books balance
