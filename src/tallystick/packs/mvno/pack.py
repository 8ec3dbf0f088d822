"""Larkspur Mobile, an invented virtual operator: its prices and three months of business."""

from datetime import date
from functools import lru_cache

from tallystick.packs.customers import read_customers
from tallystick.packs.mvno import usage
from tallystick.packs.pack import Business, Pack, RehearsedCustomer, UsageFile

BUSINESS = Business(
    code="larkspur",
    name="Larkspur Mobile",
    industry="mvno",
    country="GB",
    currency="GBP",
    zone="Europe/London",
    language="en",
    payment_days=14,
    brand={
        "name": "Larkspur Mobile (an invented business)",
        "address": ["20 Delphinium Yard", "Sampleton ZZ1 3CC"],
        "email": "billing@larkspur.example",
        "web": "larkspur.example",
        "vat_number": "GB999999973",
        "colour": "#4b3f94",
        "bank": {
            "name": "Bank of Nowhere (invented)",
            "holder": "Larkspur Mobile",
            "iban": "GB29NWBK60161331926819",
        },
    },
)


@lru_cache(maxsize=1)
def customers() -> tuple[RehearsedCustomer, ...]:
    """Everyone who takes part in the rehearsal."""
    return read_customers(PACK.text("customers.csv"), country=BUSINESS.country)


def usage_of_month(month: date) -> tuple[UsageFile, ...]:
    """The host's files of the month that begins on that day."""
    return usage.usage_of_month(month, customers=customers())


PACK = Pack(
    name="mvno",
    title="Virtual mobile operator",
    folder="tallystick.packs.mvno",
    catalogue="catalogue.yaml",
    deck_files=("international.csv",),
    taxes="taxes.yaml",
    ladders={"consumer": "ladder-consumer.yaml", "business": "ladder-business.yaml"},
    mappings=("host-daily.yaml",),
    business=BUSINESS,
    first_month=date(2026, 1, 1),
    months=3,
    customers=customers,
    usage_of_month=usage_of_month,
)
