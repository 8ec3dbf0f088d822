# Copperbeech Broadband: anniversary days that short months do not have, fair use counted by RADIUS,
# an option, and one who is cut off and restored by paying. Prices are those of
# packs/isp/catalogue.yaml; the sums are made by hand.

business isp

# ACC-2: line 49.90 + router 3.00 + address 5.00 = 57.90; VAT 19 % = 11.001, rounded 11.00
2026-01-30 account ACC-2 "Praxis Schlehdorn" consumer bill-day 30
2026-01-30 contract CON-2 of ACC-2 offer fibre-250 username cb-0011@copperbeech.example
2026-01-30 contract CON-3 of ACC-2 offer static-ip address 192.0.2.55
2026-01-30 bill run
2026-01-30 expect invoice ACC-2 net 57.90 tax 11.00 total 68.90 EUR

# ACC-1: line 39.90 + router 3.00 = 42.90; VAT 19 % = 8.151, rounded 8.15
2026-01-31 account ACC-1 "Elfriede Niemand" consumer bill-day 31
2026-01-31 contract CON-1 of ACC-1 offer fibre-100 username cb-0005@copperbeech.example
2026-01-31 bill run
2026-01-31 expect invoice ACC-1 net 42.90 tax 8.15 total 51.05 EUR
2026-02-05 pay ACC-2 68.90 bank reference INV

# One session of 1,200 GB. Interim: in 23 x 2^32 + 1,215,752,192 = 100 GB, out
# 116 x 2^32 + 1,783,793,664 = 500 GB. Stop: in 46 x 2^32 + 2,431,504,384 = 200 GB, out
# 232 x 2^32 + 3,567,587,328 = 1,000 GB. The Stop comes twice. The second session has no Stop and
# no growth; the third is of nobody we know.
2026-02-12 usage radius <<END
{"Acct-Status-Type": "Start", "Acct-Session-Id": "A1", "User-Name": "cb-0005@copperbeech.example", "NAS-IP-Address": "192.0.2.10", "Event-Timestamp": "2026-02-10T08:00:00Z"}
{"Acct-Status-Type": "Interim-Update", "Acct-Session-Id": "A1", "User-Name": "cb-0005@copperbeech.example", "NAS-IP-Address": "192.0.2.10", "Event-Timestamp": "2026-02-10T20:00:00Z", "Acct-Session-Time": 43200, "Acct-Input-Octets": 1215752192, "Acct-Input-Gigawords": 23, "Acct-Output-Octets": 1783793664, "Acct-Output-Gigawords": 116}
{"Acct-Status-Type": "Stop", "Acct-Session-Id": "A1", "User-Name": "cb-0005@copperbeech.example", "NAS-IP-Address": "192.0.2.10", "Event-Timestamp": "2026-02-11T08:00:00Z", "Acct-Session-Time": 86400, "Acct-Input-Octets": 2431504384, "Acct-Input-Gigawords": 46, "Acct-Output-Octets": 3567587328, "Acct-Output-Gigawords": 232}
{"Acct-Status-Type": "Stop", "Acct-Session-Id": "A1", "User-Name": "cb-0005@copperbeech.example", "NAS-IP-Address": "192.0.2.10", "Event-Timestamp": "2026-02-11T08:00:00Z", "Acct-Session-Time": 86400, "Acct-Input-Octets": 2431504384, "Acct-Input-Gigawords": 46, "Acct-Output-Octets": 3567587328, "Acct-Output-Gigawords": 232}
{"Acct-Status-Type": "Start", "Acct-Session-Id": "A2", "User-Name": "cb-0005@copperbeech.example", "NAS-IP-Address": "192.0.2.10", "Event-Timestamp": "2026-02-11T09:00:00Z"}
{"Acct-Status-Type": "Stop", "Acct-Session-Id": "A3", "User-Name": "cb-9999@copperbeech.example", "NAS-IP-Address": "192.0.2.10", "Event-Timestamp": "2026-02-11T10:00:00Z", "Acct-Session-Time": 3600, "Acct-Input-Octets": 1000000, "Acct-Output-Octets": 9000000}
END

# ACC-1 was to pay by 14 February: reminded after 3 days, again after 10 with a fee of 5.00 that
# comes with the next invoice, cut off after 20.
2026-02-17 collect
2026-02-24 collect
2026-02-24 expect service CON-1 active

# Days 30 and 31 fall on 28 February.
# ACC-1: 42.90 + data (1,200 - 1,000) GB x 0.02 = 4.00 + fee 5.00 = 51.90; VAT 19 % = 9.861
2026-02-28 bill run
2026-02-28 expect invoice ACC-1 net 51.90 tax 9.86 total 61.76 EUR
2026-02-28 expect line ACC-1 "Data" quantity 200000000000 net 4.00
2026-02-28 expect invoice ACC-2 net 57.90 tax 11.00 total 68.90 EUR
2026-03-05 pay ACC-2 68.90 bank reference INV

2026-03-06 collect
2026-03-06 expect service CON-1 suspended
2026-03-06 expect balance ACC-1 112.81

# Paid what was late: the line is back on, and the second invoice is due on 14 March.
2026-03-09 pay ACC-1 51.05 bank reference INV
2026-03-09 expect service CON-1 active
2026-03-09 expect balance ACC-1 61.76
2026-03-13 pay ACC-1 61.76 bank reference INV
2026-03-13 expect balance ACC-1 0.00

# In March the cycles begin on their own days again, the 30th and the 31st.
2026-03-30 bill run
2026-03-30 expect invoice ACC-2 net 57.90 tax 11.00 total 68.90 EUR
2026-03-30 expect balance ACC-1 0.00
2026-03-31 bill run
2026-03-31 expect invoice ACC-1 net 42.90 tax 8.15 total 51.05 EUR
2026-03-31 expect balance ACC-1 51.05
2026-03-31 expect books balance
