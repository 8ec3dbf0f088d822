# Paid before as far as it goes: a balance and a bucket of minutes, from files, and the invoice for the rest.
business businesses/starling.yaml catalogue businesses/starling-prices.yaml

2026-01-01 account H1 "Ada Example" consumer bill-day 1
2026-01-01 contract HC1 of H1 offer talk line h-1
2026-01-01 hybrid H1 credit 5 low 2
2026-01-01 give H1 10 of min until 2026-01-31
2026-01-01 top up H1 3

# 15 minutes: 10 are in the bucket, 5 cost 0.35 of 3.00.
2026-01-03 usage mapping:businesses/starling-usage.yaml <<END
id,line,kind,at,quantity
h-1,h-1,voice,2026-01-02T10:00:00,900
END
2026-01-03 rate
2026-01-03 expect money H1 2.65
2026-01-03 expect network H1 activate recharged recharged threshold threshold

# An hour costs 4.20: 2.65 of the balance, and 1.55 are owed.
2026-01-04 usage mapping:businesses/starling-usage.yaml <<END
id,line,kind,at,quantity
h-2,h-1,voice,2026-01-03T10:00:00,3600
END
2026-01-04 rate
2026-01-04 expect money H1 0
2026-01-04 balance run
2026-01-04 expect ledger 2300 0.00
2026-01-04 expect books balance

# Both calls cost 4.55 and 20 % tax, 5.46. The balance paid 3.00, which is 2.50 and 0.50 tax; so
# 2.05 are left, and 0.41 tax. Each call is taxed once, whoever paid which part of it.
2026-02-01 expect ledger 2200 -0.50
2026-02-01 bill run
2026-02-01 expect line H1 "Voice, paid at once, tax in it" quantity 1 net 0.50
2026-02-01 expect invoice H1 net 2.05 tax 0.41 total 2.46 GBP
2026-02-01 expect ledger 2200 -0.91
2026-02-01 expect books balance
