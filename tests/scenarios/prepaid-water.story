# Fynbos Water, paid before: six kilolitres a month are free, the blocks above cost more and more, a standing charge by the day.
# At zero the valve is shut, a token or a payment opens it. Figures are made by hand; VAT of 15 % is in the prices.
business businesses/fynbos.yaml catalogue businesses/fynbos-prepaid-prices.yaml

2026-01-01 account W1 "Ada Example" consumer bill-day 1
2026-01-01 contract WC1 of W1 offer prepaid meter W1
2026-01-01 prepaid W1 low 20 fee 2.30 days 1 cut at-zero
2026-01-01 vouchers TOKEN 5 worth 50 until 2026-12-31
2026-01-01 top up W1 100
2026-01-01 balance run
2026-01-01 expect money W1 97.7

# 5 kl are free; four more days are 9.20.
2026-01-05 usage mapping:businesses/reads.yaml <<END
id,meter,day,advance
w1,W1,2026-01-03,5
END
2026-01-05 rate
2026-01-05 balance run
2026-01-05 expect money W1 88.5

# One more is free, two cost 18.40 each.
2026-01-06 usage mapping:businesses/reads.yaml <<END
id,meter,day,advance
w2,W1,2026-01-05,3
END
2026-01-06 rate
2026-01-06 expect money W1 51.7
2026-01-06 balance run
2026-01-06 expect money W1 49.4

# A pipe burst: of 4 kl are 2.5 at 18.40 and 1.5 at 27.60, together 87.40. It ran through the meter, so it is owed; the valve is shut.
2026-01-07 usage mapping:businesses/reads.yaml <<END
id,meter,day,advance
w3,W1,2026-01-06,4
END
2026-01-07 rate
2026-01-07 expect money W1 -38
2026-01-07 expect service WC1 suspended
2026-01-07 expect network W1 activate recharged threshold threshold low_balance balance_used_up suspend

# Too little does not open it; a token on top does: 38.00 owed, 8.00 and 50.00 in, 2.30 for the day.
2026-01-08 top up W1 8
2026-01-08 expect service WC1 suspended
2026-01-09 redeem voucher W1 of TOKEN
2026-01-09 expect service WC1 active
2026-01-09 expect money W1 17.7

# 23 days to 1 February are 52.90, and with the month the six free kilolitres begin again.
2026-01-10 top up W1 100
2026-02-01 balance run
2026-02-01 expect money W1 64.8
2026-02-02 usage mapping:businesses/reads.yaml <<END
id,meter,day,advance
w4,W1,2026-02-01,6
END
2026-02-02 rate
2026-02-02 expect money W1 64.8
2026-02-02 balance run
2026-02-02 expect money W1 62.5
2026-02-02 expect ledger 2300 -62.50

# Used in all: 124.20 of water and 71.30 of standing charges, 15 / 115 of it tax.
2026-02-02 expect ledger 2200 -25.50
2026-02-02 expect books balance
2026-02-02 bill run
2026-02-02 expect no invoice W1
