# A balance that fills itself: when calls bring it below 2.00, 5.00 are asked of the card or bank account on file, at most 10.00 a
# day. The order goes once, however often the calls go on. Who cannot pay is told, goes on to zero and is cut off.
business businesses/starling.yaml catalogue businesses/starling-prices.yaml

2026-01-01 account M1 "Ada Example" consumer bill-day 1
2026-01-01 contract MC1 of M1 offer talk line m-1
2026-01-01 prepaid M1 low 2 cut at-zero top-up 5 daily 10
2026-01-01 card M1 that pays
2026-01-01 account M2 "Bo Placeholder" consumer bill-day 1
2026-01-01 contract MC2 of M2 offer talk line m-2
2026-01-01 prepaid M2 low 2 cut at-zero top-up 5
2026-01-01 card M2 that poor
2026-01-01 account M3 "Cy Invented" consumer bill-day 1
2026-01-01 contract MC3 of M3 offer talk line m-3
2026-01-01 prepaid M3 low 2 cut at-zero top-up 5
2026-01-01 card M3 that slow
2026-01-01 top up M1 3.50
2026-01-01 top up M2 3.50
2026-01-01 top up M3 3.50

# 30 minutes at 0.07 are 2.10: of 3.50 are left 1.40, below 2.00. The card pays 5.00.
2026-01-02 online event line m-1 voice 30 of min at 09:00 costing 2.10
2026-01-02 expect card M1 succeeded
2026-01-02 expect money M1 6.40
2026-01-02 online event line m-1 voice 1 of min at 09:40 costing 0.07
2026-01-02 expect money M1 6.33

# Once more that day, then the most of 10.00 is reached; the day after it is asked again.
2026-01-02 online event line m-1 voice 70 of min at 10:00 costing 4.90
2026-01-02 expect money M1 6.43
2026-01-02 online event line m-1 voice 70 of min at 12:00 costing 4.90
2026-01-02 expect money M1 1.53
2026-01-03 balance run
2026-01-03 expect money M1 6.53
2026-01-03 balance run
2026-01-03 expect money M1 6.53
2026-01-03 online event line m-1 voice 1 of min at 09:00 costing 0.07
2026-01-03 expect money M1 6.46

# The poor card is declined: told by mail, and the calls go on to zero, where the line is cut off. Topped up by hand, it is back.
2026-01-03 online event line m-2 voice 30 of min at 10:00 costing 2.10
2026-01-03 expect card M2 declined
2026-01-03 expect money M2 1.40
2026-01-03 expect service MC2 active
2026-01-03 online event line m-2 voice 20 of min at 11:00 costing 1.40
2026-01-03 expect money M2 0
2026-01-03 expect told mail M2 payment_declined
2026-01-03 expect service MC2 suspended
2026-01-04 balance run
2026-01-04 refused service_barred online event line m-2 voice 1 of min
2026-01-04 top up M2 10
2026-01-04 expect told mail M2 payment_declined payment_declined
2026-01-04 expect service MC2 active
2026-01-04 expect money M2 10

# A direct debit is known days later: one is under way, no second one is asked for, and the processor tells of it twice.
2026-01-04 online event line m-3 voice 25 of min at 10:00 costing 1.75
2026-01-04 expect card M3 processing
2026-01-04 expect money M3 1.75
2026-01-05 online event line m-3 voice 10 of min at 10:00 costing 0.70
2026-01-05 balance run
2026-01-05 expect card M3 processing
2026-01-06 card told M3 succeeded
2026-01-06 expect card M3 succeeded
2026-01-06 expect money M3 6.05

# Usage that comes in files is filled up alike.
2026-01-07 usage mapping:businesses/starling-usage.yaml <<END
id,line,kind,at,quantity
t-1,m-1,voice,2026-01-06T10:00:00,4200
END
2026-01-07 rate
2026-01-07 expect money M1 6.56
2026-01-07 balance run
2026-01-07 expect books balance
