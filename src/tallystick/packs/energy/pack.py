"""Wattle Creek Energy, an invented retailer: its prices and three months of business."""

from datetime import date
from functools import lru_cache

from tallystick.packs.customers import read_customers
from tallystick.packs.energy import usage
from tallystick.packs.pack import Business, Pack, RehearsedCustomer, UsageFile

BUSINESS = Business(
    code="wattle-creek",
    name="Wattle Creek Energy",
    industry="energy",
    country="AU",
    currency="AUD",
    zone="Australia/Melbourne",
    language="en",
    payment_days=14,
    brand={
        "name": "Wattle Creek Energy (an invented business)",
        "address": ["5 Acacia Crossing", "Exampleton VIC 3997"],
        "email": "billing@wattlecreek.example",
        "web": "wattlecreek.example",
        "vat_number": "ABN 00 000 000 000",
        "colour": "#b8860b",
        "bank": {
            "name": "Gumnut Savings (invented)",
            "holder": "Wattle Creek Energy",
            "note": "BSB 000-000, account 0000 0000",
        },
    },
)


@lru_cache(maxsize=1)
def customers() -> tuple[RehearsedCustomer, ...]:
    """Everyone who takes part in the rehearsal."""
    return read_customers(PACK.text("customers.csv"), country=BUSINESS.country)


def usage_of_month(month: date) -> tuple[UsageFile, ...]:
    """The meter files of the month that begins on that day."""
    return usage.usage_of_month(month, content=PACK.content)


PACK = Pack(
    name="energy",
    title="Electricity retailer",
    folder="tallystick.packs.energy",
    catalogue="catalogue.yaml",
    deck_files=(),
    taxes="taxes.yaml",
    ladders={"consumer": "ladder-consumer.yaml", "business": "ladder-business.yaml"},
    mappings=(),
    business=BUSINESS,
    first_month=date(2005, 2, 1),
    months=3,
    customers=customers,
    usage_of_month=usage_of_month,
)
