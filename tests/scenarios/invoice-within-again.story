# Invoices within the cycle that were wrong are taken back and billed again at once, as they came: a threshold bill with what has
# come since, a charge on the spot. Nothing waits for the bill of the cycle, nothing is billed twice.
business businesses/orchard.yaml catalogue businesses/orchard-wholesale-prices.yaml

2026-01-01 account T1 "Thistle Wholesale" business bill-day 1
2026-01-01 contract C1 of T1 offer wholesale msisdn 4930000051
2026-01-01 bill over 60.00 for T1
2026-01-01 bill run

# 900 min, 100 of them included: 80.00.
2026-01-10 usage mapping:businesses/orchard-calls.yaml <<END
id,line,at,seconds
t1,4930000051,2026-01-05T09:00:00,54000
END
2026-01-10 rate
2026-01-10 bill threshold
2026-01-10 expect invoice T1 net 80.00 tax 15.20 total 95.20 EUR
2026-01-10 rebill T1 invoice 2026-01-10 "the wrong address"
2026-01-10 expect number T1 "INV-2026-000002, INV-2026-000003"
2026-01-10 expect void T1 INV-2026-000002
2026-01-10 expect line T1 "Calls, tier 1" quantity 48000 net 80.00
2026-01-10 expect invoice T1 net 80.00 tax 15.20 total 95.20 EUR
2026-01-10 expect books balance

# Paid, and wrong after all: credited and billed again with the 100 min of since, 10.00.
2026-01-14 pay T1 119.00 bank
2026-01-15 usage mapping:businesses/orchard-calls.yaml <<END
id,line,at,seconds
t2,4930000051,2026-01-12T09:00:00,6000
END
2026-01-15 rate
2026-01-15 rebill T1 invoice 2026-01-10 "the wrong order number"
2026-01-15 expect number T1 "CRN-2026-000001, INV-2026-000004"
2026-01-15 expect invoice T1 net 90.00 tax 17.10 total 107.10 EUR
2026-01-15 expect books balance

# A charge at once, void and then billed again the day after.
2026-01-20 charge T1 survey-1 "Survey of the site" 80.00
2026-01-21 void T1 invoice 2026-01-20 "the wrong cost centre"
2026-01-22 rebill T1 invoice 2026-01-20 "the wrong cost centre"
2026-01-22 expect number T1 INV-2026-000006
2026-01-22 expect line T1 "Survey of the site" quantity 1 net 80.00
2026-01-22 expect invoice T1 net 80.00 tax 15.20 total 95.20 EUR
2026-01-22 refused already_rebilled rebill T1 invoice 2026-01-20 "once more"
2026-01-22 charge T1 survey-1 "Survey of the site" 80.00
2026-01-22 expect number T1 INV-2026-000006
2026-01-22 expect books balance

# The bill of the cycle has what is left, the last 100 min: 10.00. 20.00 for February, and 20.00 + 90.00 + 10.00 leave 30.00
# of the least of 150.00.
2026-01-31 usage mapping:businesses/orchard-calls.yaml <<END
id,line,at,seconds
t3,4930000051,2026-01-25T09:00:00,6000
END
2026-02-01 bill run
2026-02-01 expect line T1 "Calls, tier 1" quantity 6000 net 10.00
2026-02-01 expect invoice T1 net 60.00 tax 11.40 total 71.40 EUR

# A bill of January taken back in February is billed again with what January used, though its cycle is over.
2026-02-03 rebill T1 invoice 2026-01-15 "the address"
2026-02-03 expect line T1 "Calls, tier 1" quantity 54000 net 90.00
2026-02-03 expect invoice T1 net 90.00 tax 17.10 total 107.10 EUR
2026-02-03 expect books balance
2026-03-01 bill run
2026-03-01 expect books balance

# And void without more it is on the next bill, at the latest.
2026-03-02 void T1 invoice 2026-02-03 "the address again"
2026-04-01 bill run
2026-04-01 expect line T1 "Calls, tier 1" quantity 54000 net 90.00
2026-04-01 expect books balance

# When the contract has had its last bill nothing could bill the charge again.
2026-04-10 charge T1 survey-2 "Survey of the roof" 40.00
2026-04-11 end contract C1
2026-04-11 bill run
2026-04-12 refused last_billed rebill T1 invoice 2026-04-10 "the wrong text"
2026-04-12 credit T1 invoice 2026-04-10
2026-04-12 expect books balance
