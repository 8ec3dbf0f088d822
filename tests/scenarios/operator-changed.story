# An operator moves house, waits longer for its money and cuts off later than before; what it issued and did stays.
business businesses/wren.yaml catalogue businesses/wren-prices.yaml

2026-01-05 account A1 "Ada Example" consumer bill-day 5
2026-01-05 contract C1 of A1 offer line msisdn 447700900001
2026-01-05 bill run
# Due on the 19th; restricted 16 days after, on 4 February.
2026-01-29 collect
2026-02-04 collect
2026-02-04 expect service C1 restricted

2026-02-05 refused settings_stay operator file businesses/wren-euro.yaml
2026-02-05 operator file businesses/wren-moved.yaml
# The new ladder has no step that restricts. Whoever stands on it climbs on from its 16 days: no letter of 14 days comes
# again, and 30 days are 14 later.
2026-02-06 collect
2026-02-17 collect
2026-02-17 expect service C1 restricted
2026-02-18 collect
2026-02-18 expect service C1 suspended
2026-02-19 pay A1 24.00 bank reference INV
2026-02-19 expect service C1 active
2026-02-19 expect network A1 activate restrict suspend restore

# Who comes now pays within 28 days, who was there before within 14.
2026-03-01 account A2 "Bob Example" consumer bill-day 5
2026-03-05 contract C2 of A2 offer line msisdn 447700900002
2026-03-05 bill run
2026-04-02 collect
2026-04-02 expect told mail A2
2026-04-16 collect
2026-04-16 expect told mail A2 remind
2026-04-16 expect books balance
