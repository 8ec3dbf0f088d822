# Juniper Cloud: money committed by the month, reserved hours, late usage, and a termination.
# Prices are those of juniper-prices.yaml; the sums are made by hand.

business juniper.yaml catalogue juniper-prices.yaml

2026-04-01 account A1 "Placeholder GmbH" business bill-day 1
2026-04-01 contract C1 of A1 offer compute resource i-1
2026-04-01 account A2 "Sample and Daughters" business bill-day 1
2026-04-01 contract C2 of A2 offer reserved resource i-2

# Support in advance. Nothing is promised for a month that is not over.
2026-04-01 bill run
2026-04-01 expect invoice A1 net 20.00 tax 3.80 total 23.80 EUR
2026-04-01 expect no invoice A2

# i-1 runs 1,000 h, for 100.00. i-2: four quarters of an hour within one clock hour.
2026-04-30 usage mapping:juniper-usage.yaml <<END
id,of,kind,at,seconds
a1,i-1,instance,2026-04-02T00:00:00,1800000
a2,i-1,instance,2026-04-02T00:00:00,1800000
b1,i-2,instance,2026-04-07T10:00:00,900
b2,i-2,instance,2026-04-07T10:00:00,900
b3,i-2,instance,2026-04-07T10:30:00,900
b4,i-2,instance,2026-04-07T10:45:00,900
END

# A1: 50.00 pays for 50.00 / 0.7 = 71.43 of the usage, so 21.43 comes off, and there is nothing to
# true up. Exact sum 20.00 + 100.00 - 21.428571428571 = 98.571428571429; VAT 18.73.
# A2: 0.10 is covered by the reserved hour of that hour; 720 hours x 0.05 = 36.00.
2026-05-01 bill run
2026-05-01 expect line A1 "Saver: Vm" quantity -1 net -21.43
2026-05-01 expect invoice A1 net 98.57 tax 18.73 total 117.30 EUR
2026-05-01 expect line A2 "Hour: Vm" quantity -1 net -0.10
2026-05-01 expect invoice A2 net 36.00 tax 6.84 total 42.84 EUR

# C1 ends after 10 of 31 days: 50.00 x 10 / 31 = 16.129032258065 is due. 200 h cost 20.00, at 30 %
# less 14.00: 6.00 comes off and 2.13 is trued up. Support: 20.00 x 21 / 31 = 13.55 comes back.
# Exact 2.580645161291, VAT 0.49.
2026-05-08 usage mapping:juniper-usage.yaml <<END
id,of,kind,at,seconds
a3,i-1,instance,2026-05-02T00:00:00,720000
END
2026-05-11 end contract C1
2026-05-11 bill run
2026-05-11 expect line A1 "Saver: Vm" quantity -1 net -6.00
2026-05-11 expect line A1 "Saver" quantity 0 net -3.87
2026-05-11 expect invoice A1 net 2.58 tax 0.49 total 3.07 EUR

# May has 744 hours, none of them used.
2026-06-01 bill run
2026-06-01 expect invoice A2 net 37.20 tax 7.07 total 44.27 EUR

# An hour of May comes late: it costs 0.10, and May's reserved hours cover it. June has 720 hours.
2026-06-20 usage mapping:juniper-usage.yaml <<END
id,of,kind,at,seconds
b5,i-2,instance,2026-05-30T10:00:00,3600
END
2026-07-01 bill run
2026-07-01 expect line A2 "Vm" quantity 3600 net 0.10
2026-07-01 expect line A2 "Hour: Vm" quantity -1 net -0.10
2026-07-01 expect invoice A2 net 36.00 tax 6.84 total 42.84 EUR

# A customer who promises by contract: 90.00 a month for what runs, from 1 July.
2026-07-01 grant contract C2 commitment promise "{pay: 90.00 per month, covers: [vm], priority: 200}"
2026-08-01 bill run
2026-08-01 expect line A2 "Promise" quantity 1 net 90.00
2026-08-01 expect invoice A2 net 127.20 tax 24.17 total 151.37 EUR
2026-08-01 expect books balance
