# Cumulus Yard: what runs is paid by the second, at least a minute; what is stored by the hour; traffic in steps.

business businesses/cumulus.yaml catalogue businesses/cumulus-prices.yaml

2026-05-01 account A1 "Placeholder Software GmbH" business bill-day 1
2026-05-01 contract C1 of A1 offer project project p-1

# Volumes: x has 30 GB for 24 h, y 10 GB for 5 h, z 5 GB for 730 of May's 744 h.
# Four quarters of an hour lie in one clock hour, 10 to 11 on the 7th; a run of 20 s is paid as 60 s.
2026-05-31 usage mapping:businesses/cumulus-usage.yaml <<END
id,project,kind,at,quantity,resource
v1,p-1,volume,2026-05-01T14:00:00,5,z
v2,p-1,volume,2026-05-03T00:00:00,30,x
v3,p-1,volume,2026-05-04T00:00:00,0,x
v4,p-1,volume,2026-05-10T10:00:00,10,y
v5,p-1,volume,2026-05-10T15:00:00,0,y
i1,p-1,instance,2026-05-07T10:00:00,900,a
i2,p-1,instance,2026-05-07T10:00:00,900,b
i3,p-1,instance,2026-05-07T10:30:00,900,a
i4,p-1,instance,2026-05-07T10:45:00,900,a
i5,p-1,instance,2026-05-08T10:00:00,20,a
e1,p-1,egress,2026-05-09T10:00:00,99.5,a
e2,p-1,egress,2026-05-10T10:00:00,10.5,a
r1,p-1,request,2026-05-11T10:00:00,1000000,a
r2,p-1,request,2026-05-12T10:00:00,250000,a
END
2026-06-01 bill run

# Disk: 30 x 24 + 10 x 5 + 5 x 730 = 4,420 GB-h, which over 730 h are the 6.05 GB-month of the published example,
#   at 10.00 for each: 60.5479.
# Machines: 3,660 s x 0.036 per h = 0.0366. The reserved hour of 10 o'clock covers one whole hour, that of the
#   8th the minute: 0.0366 comes off, and May's 744 reserved hours cost 14.88.
# Traffic: 10 GB beyond the free 100 x 0.085 = 0.85. Requests: a quarter of a million at 0.40 a million = 0.10.
# Net 76.38; VAT 19 % of exactly 76.3779 = 14.5118
2026-06-01 expect line A1 "Disk" quantity 4420000000000 net 60.55
2026-06-01 expect line A1 "Vm" quantity 3660 net 0.04
2026-06-01 expect line A1 "Hour: Vm" quantity -1 net -0.04
2026-06-01 expect line A1 "Egress, tier 2" quantity 10000000000 net 0.85
2026-06-01 expect line A1 "Calls, tier 2" quantity 250000 net 0.10
2026-06-01 expect invoice A1 net 76.38 tax 14.51 total 90.89 EUR

# June: z stands on its own for 720 h: 3,600 GB-h = 49.3151; 720 reserved hours that nobody used = 14.40.
2026-07-01 bill run
2026-07-01 expect line A1 "Disk" quantity 3600000000000 net 49.32
2026-07-01 expect invoice A1 net 63.72 tax 12.11 total 75.83 EUR
2026-07-01 expect books balance
