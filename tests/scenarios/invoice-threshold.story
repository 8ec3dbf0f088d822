# Who uses much pays sooner: when 60.00 of usage is unbilled it is billed at once, once a day; the bill of
# the cycle has the rest. Allowances, tiers and the least of the cycle count once.
business businesses/orchard.yaml catalogue businesses/orchard-wholesale-prices.yaml

2026-01-01 account T1 "Thistle Wholesale" business bill-day 1
2026-01-01 account T2 "Teasel Wholesale" business bill-day 1
2026-01-01 contract C1 of T1 offer wholesale msisdn 4930000051
2026-01-01 contract C2 of T2 offer wholesale msisdn 4930000052
2026-01-01 bill over 60.00 for T1
2026-01-01 bill run
2026-01-01 expect invoice T1 net 20.00 tax 3.80 total 23.80 EUR

# 600 min, 100 of them included: 50.00 are not 60.00 yet. Teasel has no threshold.
2026-01-10 usage mapping:businesses/orchard-calls.yaml <<END
id,line,at,seconds
t1,4930000051,2026-01-05T09:00:00,36000
t2,4930000052,2026-01-05T09:00:00,126000
END
2026-01-10 rate
2026-01-10 bill threshold
2026-01-10 expect no invoice T1
2026-01-10 expect no invoice T2

# 900 min more: 500 at 0.10 and 400 in the tier above 1,000 min at 0.05, with those of before 120.00.
2026-01-15 usage mapping:businesses/orchard-calls.yaml <<END
id,line,at,seconds
t3,4930000051,2026-01-12T09:00:00,54000
END
2026-01-15 rate
2026-01-15 bill threshold
2026-01-15 expect invoice T1 net 120.00 tax 22.80 total 142.80 EUR
2026-01-15 expect line T1 "Calls, tier 2" quantity 24000 net 20.00
2026-01-15 bill threshold
2026-01-15 expect invoices T1 1 total 142.80 EUR
2026-01-15 expect books balance

# Teasel's 2,000 charged min cost 100.00 + 50.00. Thistle's last 100 min of January cost 5.00 and nothing
# is added to reach the least of 150.00 but what 20.00 + 120.00 + 5.00 leave of it: 5.00.
2026-01-31 usage mapping:businesses/orchard-calls.yaml <<END
id,line,at,seconds
t4,4930000051,2026-01-20T09:00:00,6000
END
2026-01-31 rate
2026-01-31 turn books through 2026-01-31
2026-02-01 bill run
2026-02-01 expect line T1 "Calls" quantity 6000 net 5.00
2026-02-01 expect line T1 "Access" quantity 1 net 20.00
2026-02-01 expect invoice T1 net 30.00 tax 5.70 total 35.70 EUR
2026-02-01 expect invoice T2 net 170.00 tax 32.30 total 202.30 EUR
2026-02-01 expect books balance
2026-02-28 close books through 2026-02-28
2026-03-01 expect books balance
