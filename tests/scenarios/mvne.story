# Trellis Enabling: the platform under several mobile brands. Each pays by subscriber that was active in the month,
# by event and by order to the network; a small one pays a least amount. Sums are made by hand; VAT 19 %.

business businesses/trellis.yaml catalogue businesses/trellis-prices.yaml

2026-03-01 account BIG "Example Brand One GmbH" business bill-day 1
2026-03-01 contract C1 of BIG offer platform brand one
2026-03-01 account SMALL "Example Brand Two GmbH" business bill-day 1
2026-03-01 contract C2 of SMALL offer starter brand two
2026-03-01 bill run
2026-03-01 expect invoice BIG net 250.00 tax 47.50 total 297.50 EUR
2026-03-01 expect no invoice SMALL

# Subscriber a is active twice and counts once. The last row is of a brand that nobody hosts.
2026-03-31 usage mapping:businesses/trellis-usage.yaml <<END
id,brand,kind,at,quantity,subscriber
a1,one,activity,2026-03-02T09:00:00,1,a
a2,one,activity,2026-03-12T09:00:00,1,a
a3,one,activity,2026-03-13T09:00:00,1,b
a4,one,activity,2026-03-14T09:00:00,1,c
a5,one,activity,2026-03-15T09:00:00,1,d
a6,one,activity,2026-03-16T09:00:00,1,e
o1,one,provisioning,2026-03-02T09:00:00,5,
b1,two,activity,2026-03-20T09:00:00,1,a
o2,two,provisioning,2026-03-20T09:00:00,1,
x1,three,activity,2026-03-20T09:00:00,1,z
END
2026-03-31 expect rejects unknown_subject 1
2026-04-01 bill run

# BIG: April in advance 250.00; subscribers 3 x 0.90 + 2 x 0.60 = 3.90; 6 events x 0.0125 = 0.075, printed 0.08;
#   5 orders x 0.15 = 0.75; net 254.73; VAT of exactly 254.725 = 48.3978
2026-04-01 expect line BIG "Subscribers, tier 1" quantity 3 net 2.70
2026-04-01 expect line BIG "Subscribers, tier 2" quantity 2 net 1.20
2026-04-01 expect line BIG "Events" quantity 6 net 0.08
2026-04-01 expect line BIG "Orders" quantity 5 net 0.75
2026-04-01 expect invoice BIG net 254.73 tax 48.40 total 303.13 EUR

# SMALL: 1.20 + 0.25 = 1.45, so 98.55 is missing to the least. Brand two's subscriber a is another than one's.
2026-04-01 expect line SMALL "Subscribers" quantity 1 net 1.20
2026-04-01 expect line SMALL "Minimum" quantity 1 net 98.55
2026-04-01 expect invoice SMALL net 100.00 tax 19.00 total 119.00 EUR
2026-04-01 expect ledger 1200 719.63
2026-04-01 expect books balance
