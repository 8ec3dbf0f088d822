# Juniper Cloud: a discount of the offer, a coupon, prices and discounts of one's own, a cap, and
# what comes back at the end. Prices are those of juniper-prices.yaml; the sums are made by hand.

business juniper.yaml catalogue juniper-prices.yaml

2026-04-01 account A1 "Placeholder GmbH" business bill-day 1
2026-04-01 contract C1 of A1 offer desk resource d-1

# 20.00 less 10 %, for two months
2026-04-01 bill run
2026-04-01 expect line A1 "Loyal: Line" quantity -1 net -2.00
2026-04-01 expect invoice A1 net 18.00 tax 3.42 total 21.42 EUR

2026-04-02 grant account A1 coupon welcome "{less: 10.00, bills: 2}"
2026-04-20 usage mapping:juniper-usage.yaml <<END
id,of,kind,at,seconds
a1,d-1,voice,2026-04-07T10:00:00,6000
END

# Calls 10.00, line 18.00. Of the coupon's 1,000 cents 357.14 and 642.86: the cent that floors leave
# goes to the line.
2026-05-01 bill run
2026-05-01 expect line A1 "Welcome: Calls" quantity -1 net -3.57
2026-05-01 expect line A1 "Welcome: Line" quantity -1 net -6.43
2026-05-01 expect invoice A1 net 18.00 tax 3.42 total 21.42 EUR

# Prices of one's own: of calls at once, of the line from its next month.
2026-05-10 override calls of C1 "0.05 per min"
2026-05-10 override line of C1 15.00
2026-05-25 usage mapping:juniper-usage.yaml <<END
id,of,kind,at,seconds
a2,d-1,voice,2026-05-05T10:00:00,6000
a3,d-1,voice,2026-05-20T10:00:00,6000
END

# Calls 10.00 + 5.00, line 15.00; loyal has ended; the coupon for the last time.
2026-06-01 bill run
2026-06-01 expect line A1 "Calls" quantity 12000 net 15.00
2026-06-01 expect line A1 "Line" quantity 1 net 15.00
2026-06-01 expect invoice A1 net 20.00 tax 3.80 total 23.80 EUR

# A sum for the months that begin from 15 June to 31 July, which is July.
2026-06-15 grant contract C1 discount sorry "{less: 5.00}" until 2026-08-01
2026-06-20 usage mapping:juniper-usage.yaml <<END
id,of,kind,at,seconds
a4,d-1,voice,2026-06-07T10:00:00,120000
END

# June: line 15.00 less 5.00 of the coupon, calls 100.00: 50.00 above the most of 60.00. It comes
# off in proportion, 4.55 and 45.45. July: 15.00 less 5.00.
2026-07-01 bill run
2026-07-01 expect line A1 "Above the most" quantity -2 net -50.00
2026-07-01 expect line A1 "Sorry: Line" quantity -1 net -5.00
2026-07-01 expect invoice A1 net 60.00 tax 11.40 total 71.40 EUR

# The offer's price again, less half for a whole account.
2026-07-10 end override line of C1
2026-08-01 grant account A1 discount staff "{less: 50 %}"
2026-08-01 bill rehearse
2026-08-01 bill run
2026-08-01 expect invoice A1 net 10.00 tax 1.90 total 11.90 EUR

# Gone after 16 of 31 days: 20.00 x 15 / 31 = 9.68 comes back, and half of it was never paid.
2026-08-17 end contract C1
2026-08-17 bill run
2026-08-17 expect line A1 "Staff: Line" quantity 1 net 4.84
2026-08-17 expect invoice A1 net -4.84 tax -0.92 total -5.76 EUR
2026-08-17 expect books balance
