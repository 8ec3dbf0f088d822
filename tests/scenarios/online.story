# Charged while it happens: a telephone that pays before, a session whose phone falls silent.
business businesses/starling.yaml catalogue businesses/starling-prices.yaml

2026-01-01 account M1 "Ada Example" consumer bill-day 1
2026-01-01 contract MC1 of M1 offer talk line m-1
2026-01-01 prepaid M1 low 2

# Nothing there yet; nobody by that line; not a unit.
2026-01-02 refused insufficient_balance online reserve S1 line m-1 voice 10 of min
2026-01-02 refused unknown_subject online event line m-9 voice 1 of min
2026-01-02 refused unknown_unit online event line m-1 voice 1 of furlong
2026-01-02 refused unknown_session online commit S1 used 1 of min

# 0.07 a minute: 3.50 pay for 50 minutes; ten of them are held, then used.
2026-01-02 top up M1 3.50
2026-01-02 online reserve S1 line m-1 voice 10 of min at 10:00 granting 10
2026-01-02 refused insufficient_balance online event line m-1 voice 41 of min at 10:05
2026-01-02 online extend S1 used 10 wants 60 of min at 10:10 granting 40 costing 0.70
2026-01-02 online commit S1 used 30 of min at 10:30 costing 2.10
2026-01-02 expect money M1 1.40
2026-01-02 expect network M1 activate recharged low_balance
2026-01-02 refused session_ended online release S1

# What nobody reports on ends an hour later, and what was held is free again.
2026-01-03 online reserve S2 line m-1 voice 20 of min at 09:00 granting 20
2026-01-03 refused insufficient_balance online event line m-1 voice 1 of min at 09:30
2026-01-03 online expire at 10:00
2026-01-03 online event line m-1 voice 1 of min at 10:30 costing 0.07
2026-01-03 expect money M1 1.33
2026-01-03 rate
2026-01-03 balance run
2026-01-03 expect ledger 2300 -1.33
2026-01-03 expect books balance
