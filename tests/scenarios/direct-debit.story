# A debit comes back for want of money, costs its fee, is tried again and succeeds; another's account is closed, and what was paid twice goes back.
business businesses/sparrow.yaml catalogue businesses/sparrow-prices.yaml

2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 account A2 "Bob Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line
2026-01-01 contract C2 of A2 offer line
2026-01-01 debit terms fee 4.00 days 5 tries 2
2026-01-01 mandate A1 M-1 DE89370400440532013000
2026-01-01 mandate A2 M-2 NL91ABNA0417164300
2026-01-01 bill run
2026-01-01 expect balance A1 41.50

# Nothing is due before the fifteenth.
2026-01-10 debit run
2026-01-10 expect balance A1 41.50
2026-01-15 debit run
2026-01-15 expect balance A1 0
2026-01-15 expect balance A2 0
2026-01-15 expect ledger 1000 83.00
2026-01-15 expect books balance

# Not enough money: owed again at once, tried again five days on and not a day sooner.
2026-01-17 debit return A1 AM04
2026-01-17 expect balance A1 41.50
2026-01-17 expect ledger 1000 41.50
2026-01-21 debit run
2026-01-21 expect balance A1 41.50
2026-01-22 debit run
2026-01-22 expect balance A1 0
2026-01-22 expect books balance

# The fee stands on the next bill; the first try's invoice is paid.
2026-02-01 bill run
2026-02-01 expect line A1 "Returned direct debit" quantity 1 net 4.00

# An account that is closed ends the mandate: no third try, also when it falls due again.
2026-02-15 debit run
2026-02-16 debit return A2 AC04
2026-02-16 expect balance A2 41.50
2026-03-01 debit run
2026-03-01 expect balance A2 41.50

# Paid at the counter, and once more: what is too much goes back, to the account of a new mandate.
2026-03-02 pay A2 50.00 cash
2026-03-02 expect balance A2 -8.50
2026-03-02 mandate A2 M-3 DE02120300000000202051
2026-03-02 refund A2 8.50
2026-03-02 expect balance A2 0
2026-03-02 expect books balance
