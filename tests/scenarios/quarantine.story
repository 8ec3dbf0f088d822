# A toll-free number that was given back rests for 30 days, so that callers do not reach somebody else. Its former holder may have
# it back meanwhile; anybody else after that, or by a release that says why. Figures are made by hand; VAT 20 %.
business businesses/parasol-kept.yaml catalogue businesses/parasol-prices.yaml

2026-03-01 account A1 "Example Bakery" business bill-day 1
2026-03-01 account A2 "Example Florist" business bill-day 1
2026-03-01 contract C1 of A1 offer toll-free number 448081570000
2026-03-01 contract C2 of A1 offer toll-free number 448081570001
2026-03-01 bill run
2026-03-01 expect invoice A1 net 16.00 tax 3.20 total 19.20 GBP
2026-03-01 expect identifier 448081570000 assigned

# Both come back on 11 March: kept until 10 April. The florist asks too early, is refused, and nothing is told to the network.
2026-03-11 end contract C1
2026-03-11 end contract C2
2026-03-11 expect identifier 448081570000 quarantined
2026-03-12 refused identifier_quarantined contract F1 of A2 offer toll-free number 448081570000
2026-03-12 refused identifier_quarantined contract F1 of A2 offer toll-free from 2026-04-09 number 448081570000
2026-03-12 expect network A2
2026-03-12 refused unknown_identifier release identifier 448081579999 "nobody's"

# The bakery thinks better of the second number: its own, so at once. Calls to the first reach nobody.
2026-03-15 contract C3 of A1 offer toll-free number 448081570001
2026-03-15 expect identifier 448081570001 assigned
2026-03-15 usage mapping:businesses/parasol-usage.yaml <<END
id,number,kind,at,quantity,origin
q1,448081570000,voice,2026-03-12T10:00:00,60,landline
q2,448081570001,voice,2026-03-15T00:30:00,120,landline
END
2026-03-15 expect rejects subject_not_held_then 1

# Released early, with the reason; what is free is not released again.
2026-03-20 release identifier 448081570000 "the florist bought the bakery's shop and its number"
2026-03-20 refused not_quarantined release identifier 448081570000 "once more"
2026-03-20 expect identifier 448081570000 free
2026-03-20 contract F1 of A2 offer toll-free number 448081570000
2026-03-20 expect network A2 activate

# Given back again on 1 April, kept through 30 April: on 1 May anybody may have it.
2026-04-01 end contract F1
2026-04-30 expect identifier 448081570000 quarantined
2026-04-30 refused identifier_quarantined contract C4 of A1 offer toll-free number 448081570000
2026-05-01 expect identifier 448081570000 free
2026-05-01 contract C4 of A1 offer toll-free number 448081570000
2026-05-01 bill run
2026-05-01 expect books balance
