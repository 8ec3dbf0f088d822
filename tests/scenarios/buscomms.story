# Lectern Answering: a plan that covers a hundred minutes answered and fifty chats, overage by its own increments,
# a seat added in the middle of the month, and a switchboard priced in stairs. Sums are made by hand; VAT 20 %.

business businesses/lectern.yaml catalogue businesses/lectern-prices.yaml

2026-04-01 account A1 "Example Dental Practice" business bill-day 1
2026-04-01 contract C1 of A1 offer answering desk d-1
2026-04-01 contract C2 of A1 offer switchboard desk d-2
2026-04-01 contract T1 of A1 offer seat
2026-04-01 bill run
2026-04-01 expect invoice A1 net 113.00 tax 22.60 total 135.60 GBP

# 5,880 s are 98 of the minutes covered; 100 s take the last two; 61 s are paid as 90. 52 chats: two are paid.
# Three seats at the switchboard become seven: the second stair.
2026-04-16 contract T2 of A1 offer seat
2026-04-30 usage mapping:businesses/lectern-usage.yaml <<END
id,desk,kind,at,quantity
v1,d-1,answered,2026-04-02T09:00:00,5880
v2,d-1,answered,2026-04-03T09:00:00,100
v3,d-1,answered,2026-04-07T09:00:00,61
c1,d-1,chat,2026-04-08T09:00:00,52
s1,d-2,seats,2026-04-01T09:00:00,3
s2,d-2,seats,2026-04-20T09:00:00,7
END

# Overage 1.5 min x 1.10 = 1.65; chat 2 x 0.35 = 0.70; switchboard 99.00. Plan 95.00, seat 18.00 for May;
# the second seat 15 of 30 days 9.00 and May 18.00. Net 241.35; VAT 48.27
2026-05-01 bill run
2026-05-01 expect line A1 "Overage" quantity 90 net 1.65
2026-05-01 expect line A1 "Chat" quantity 2 net 0.70
2026-05-01 expect line A1 "Seats" quantity 7 net 99.00
2026-05-01 expect line A1 "Seat" quantity 10 net 144.00
2026-05-01 expect invoice A1 net 241.35 tax 48.27 total 289.62 GBP

# In May the seven seats still stand, though nobody said so again; one desk seat is given up after 10 of 31 days.
#   18.00 x 21 / 31 = 12.1935 come back. 95.00 + 18.00 + 99.00 - 12.19 = 199.81; VAT of exactly 199.8065 = 39.9613
2026-05-11 end contract T2
2026-06-01 bill run
2026-06-01 expect line A1 "Seats" quantity 7 net 99.00
2026-06-01 expect invoice A1 net 199.81 tax 39.96 total 239.77 GBP
2026-06-01 expect balance A1 664.99
2026-06-01 expect books balance
