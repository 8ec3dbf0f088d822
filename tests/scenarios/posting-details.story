# Rules that tell taxes and ways of payment apart: tax payable stands on an account for each country and rate, money on one
# for cash, bank, cards at the counter and cards of the processor; the proofs hold all the same.
business businesses/orchard.yaml catalogue businesses/orchard-prices.yaml

2026-01-01 posting rules businesses/orchard-rules.yaml
2026-01-01 account G1 "Grove Holding" business bill-day 1
2026-01-01 account G3 "Grove Lyon" business bill-day 1 taxed-in FR under G1
2026-01-01 account G4 "Grove Hamburg" business bill-day 1
2026-01-01 payer of G3 is G1
2026-01-01 contract C1 of G1 offer office msisdn 4930000001
2026-01-01 contract C3 of G3 offer office msisdn 4930000003
2026-01-01 contract C4 of G4 offer office msisdn 4930000004

# One bill of 20.00 in Berlin and 20.00 in Lyon: 19 % there, 20 % here. It was wrong and is void, then billed again.
2026-01-01 bill run
2026-01-01 expect invoice G1 net 40.00 tax 7.80 total 47.80 EUR
2026-01-01 expect ledger 1776 -7.60
2026-01-01 expect ledger 1780 -4.00
2026-01-01 void G1 invoice 2026-01-01 "the wrong day"
2026-01-01 expect ledger 1776 -3.80
2026-01-01 expect ledger 1780 0
2026-01-02 bill run
2026-01-02 expect ledger 1776 -7.60
2026-01-02 expect ledger 1780 -4.00
2026-01-02 expect ledger 1770 0

# 10.00 each in cash, by bank and by card at the counter; Hamburg's card is asked by the processor.
2026-01-05 pay G1 10.00 cash
2026-01-05 pay G1 10.00 bank
2026-01-05 pay G1 10.00 card
2026-01-05 card G4 that pays
2026-01-15 card run
2026-01-15 expect balance G4 0
2026-01-15 expect ledger 1000 10.00
2026-01-15 expect ledger 1360 10.00
2026-01-15 expect ledger 1362 10.00
2026-01-15 expect ledger 1361 23.80

# The 17.80 that is left is given up: 7.80 x 17.80 / 47.80 = 2.90 of tax comes back, 1.41 of Germany and 1.49 of France.
2026-01-20 write off G1 tax relieved
2026-01-20 expect ledger 1776 -6.19
2026-01-20 expect ledger 1780 -2.51
2026-01-20 expect taxes DE USt taxable 32.56 tax 6.19 from 2026-01-01 to 2026-01-31
2026-01-20 expect taxes FR TVA taxable 12.56 tax 2.51 from 2026-01-01 to 2026-01-31
2026-01-20 expect books balance

# Half of it comes after all, then the rest: the taxes are owed again to the cent.
2026-01-25 pay G1 8.90 cash
2026-01-25 expect ledger 1776 -6.90
2026-01-25 expect ledger 1780 -3.25
2026-01-26 pay G1 8.90 cash
2026-01-26 expect ledger 1776 -7.60
2026-01-26 expect ledger 1780 -4.00
2026-01-26 expect ledger 1000 27.80
2026-01-26 expect taxes DE USt taxable 40.00 tax 7.60 from 2026-01-01 to 2026-01-31
2026-01-26 expect taxes FR TVA taxable 20.00 tax 4.00 from 2026-01-01 to 2026-01-31

# A credit note gives back each country's own tax, where the line is taxed.
2026-01-27 credit G1 invoice 2026-01-02 line 2
2026-01-27 expect invoice G1 net -20.00 tax -4.00 total -24.00 EUR
2026-01-27 expect ledger 1780 0
2026-01-27 expect ledger 1776 -7.60
2026-01-27 expect taxes FR TVA taxable 0.00 tax 0.00 from 2026-01-01 to 2026-01-31
2026-01-27 expect books balance
