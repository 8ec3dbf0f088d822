"""Copperbeech Broadband, an invented internet provider: its prices and three months of business."""

from datetime import date
from functools import lru_cache

from tallystick.packs.customers import read_customers
from tallystick.packs.isp import usage
from tallystick.packs.pack import Business, Pack, RehearsedCustomer, UsageFile

BUSINESS = Business(
    code="copperbeech",
    name="Copperbeech Broadband",
    industry="isp",
    country="DE",
    currency="EUR",
    zone="Europe/Berlin",
    language="de",
    payment_days=14,
    brand={
        "name": "Copperbeech Broadband (an invented business)",
        "address": ["Buchenallee 8", "99999 Beispielstadt"],
        "email": "rechnung@copperbeech.example",
        "web": "copperbeech.example",
        "vat_number": "DE999999999",
        "colour": "#7a3b2e",
        "bank": {
            "name": "Musterbank (invented)",
            "holder": "Copperbeech Broadband",
            "iban": "DE89370400440532013000",
        },
    },
)


@lru_cache(maxsize=1)
def customers() -> tuple[RehearsedCustomer, ...]:
    """Everyone who takes part in the rehearsal."""
    return read_customers(PACK.text("customers.csv"), country=BUSINESS.country)


def usage_of_month(month: date) -> tuple[UsageFile, ...]:
    """The access server's files of the month that begins on that day."""
    return usage.usage_of_month(month, customers=customers())


PACK = Pack(
    name="isp",
    title="Internet provider",
    folder="tallystick.packs.isp",
    catalogue="catalogue.yaml",
    deck_files=(),
    taxes="taxes.yaml",
    ladders={"consumer": "ladder-consumer.yaml", "business": "ladder-business.yaml"},
    mappings=(),
    business=BUSINESS,
    first_month=date(2026, 1, 1),
    months=3,
    customers=customers,
    usage_of_month=usage_of_month,
)
