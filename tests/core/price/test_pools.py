"""What is left of buckets that are shared, priced without a business."""

from decimal import Decimal

from tallystick.core.price.lists import PriceText, read_price_lists
from tallystick.core.price.price import Executor, price_usage

PRICES = """
currency: EUR
zone: UTC
offers:
  sim:
    components:
      fleet: {include: 100 MB per member, of: data, share: pool}
      data:  {of: data, price: 0.05 per MB}
"""


def test_a_pool_is_told_once_with_what_its_members_bring() -> None:
    rows = [
        {"at": "2026-01-05 10:00", "usage": "150 MB", "account": "1", "under": "1", "contract": "a",
         "pool": "x"},
        {"at": "2026-01-06 10:00", "usage": "80 MB", "account": "2", "under": "1", "contract": "b",
         "pool": "x"},
        {"at": "2026-01-06 10:00", "usage": "80 MB", "account": "3", "contract": "c", "pool": "x"},
    ]  # fmt: skip
    priced = price_usage(rows, prices=read_price_lists([PriceText(PRICES)]), executor=Executor.BOTH)
    told = {row["contract"]: (row["held"], row["used"]) for row in priced.allowances()}
    assert priced.lines["amount"].to_list() == [0, Decimal("1.5"), 0]
    assert told == {
        "pool 1 of account 1": (200_000_000, 200_000_000),
        "pool 1 of account 3": (100_000_000, 80_000_000),
    }
