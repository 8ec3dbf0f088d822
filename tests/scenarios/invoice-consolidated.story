# A group whose head office pays for its branches: one invoice with a section for each, and each line
# taxed where its branch is. A branch leaves the arrangement between two cycles; debts act on who pays.
business businesses/orchard.yaml catalogue businesses/orchard-prices.yaml

2026-01-01 account G1 "Grove Holding" business bill-day 1
2026-01-01 account G2 "Grove Berlin" business bill-day 1 under G1
2026-01-01 account G3 "Grove Lyon" business bill-day 1 taxed-in FR under G1
2026-01-01 account G4 "Grove Hamburg" business bill-day 1 under G1
2026-01-01 payer of G2 is G1
2026-01-01 payer of G3 is G1
2026-01-01 contract C2 of G2 offer office msisdn 4930000002
2026-01-01 contract C3 of G3 offer office msisdn 4930000003
2026-01-01 contract C4 of G4 offer office msisdn 4930000004

# Three offices at 20.00 in advance: two on the head office's bill, Hamburg pays for itself.
2026-01-01 bill run
2026-01-01 expect invoices G1 1 total 47.80 EUR
2026-01-01 expect line G1 "Access" quantity 2 net 40.00
2026-01-01 expect tax G1 USt taxable 20.00 tax 3.80
2026-01-01 expect tax G1 TVA taxable 20.00 tax 4.00
2026-01-01 expect invoice G1 net 40.00 tax 7.80 total 47.80 EUR
2026-01-01 expect no invoice G2
2026-01-01 expect no invoice G3
2026-01-01 expect invoice G4 net 20.00 tax 3.80 total 23.80 EUR
2026-01-01 expect balance G1 47.80
2026-01-01 expect balance G2 0
2026-01-01 expect books balance

# Each branch has 100 minutes of its own: Berlin talks 130 minutes, Lyon 60, Hamburg 150.
2026-01-20 usage mapping:businesses/orchard-calls.yaml <<END
id,line,at,seconds
u1,4930000002,2026-01-10T09:00:00,7800
u2,4930000003,2026-01-11T09:00:00,3600
u3,4930000004,2026-01-12T09:00:00,9000
END

# From February Lyon pays for itself and the head office for Hamburg, January's calls included.
2026-01-25 payer of G3 is G3
2026-01-25 payer of G4 is G1
2026-01-26 pay G1 47.80 bank reference INV
2026-01-26 pay G4 23.80 bank reference INV
2026-02-01 bill rehearse
2026-02-01 bill run
2026-02-01 expect line G1 "Access" quantity 2 net 40.00
2026-02-01 expect line G1 "Calls" quantity 4800 net 8.00
2026-02-01 expect invoice G1 net 48.00 tax 9.12 total 57.12 EUR
2026-02-01 expect invoice G3 net 20.00 tax 4.00 total 24.00 EUR
2026-02-01 expect no invoice G4
2026-02-01 bill run
2026-02-01 expect invoices G1 1 total 57.12 EUR
2026-02-01 expect books balance

# The head office does not pay: its branches are cut off, not Lyon, which paid. Paying brings them back.
2026-02-05 pay G3 24.00 bank reference INV
2026-02-18 collect
2026-02-25 collect
2026-02-25 expect service C2 suspended
2026-02-25 expect service C4 suspended
2026-02-25 expect service C3 active
2026-02-26 pay G1 57.12 bank reference INV
2026-02-26 expect service C2 active
2026-02-26 expect network G4 activate threshold threshold suspend restore
2026-02-26 expect balance G1 0
2026-02-26 close books through 2026-02-26
2026-02-26 expect books balance

# A wrong line of a branch is credited to the head office, with the branch's tax.
2026-03-01 bill run
2026-03-01 expect invoice G1 net 40.00 tax 7.60 total 47.60 EUR
2026-03-02 credit G1 invoice 2026-03-01 line 2 part 5.00
2026-03-02 expect invoice G1 net -5.00 tax -0.95 total -5.95 EUR
2026-03-02 expect books balance

# The tax return has each line where it is taxed, whoever pays: Lyon's two bills of its own and its place on the first one
# of the group are France's, and the credit of 5.00 is Germany's.
2026-03-02 expect taxes DE USt taxable 123.00 tax 23.37 from 2026-01-01 to 2026-03-31
2026-03-02 expect taxes FR TVA taxable 60.00 tax 12.00 from 2026-01-01 to 2026-03-31
