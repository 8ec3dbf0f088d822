"""What an industry pack brings: a price list, taxes, a ladder, and a rehearsal of its business.

A pack is data first. Its `rehearse` functions are pure: the same month gives the same files.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib.resources import files
from pathlib import Path


class PayingHabit(StrEnum):
    """How an invented customer pays."""

    PUNCTUAL = "punctual"  # on the due date, by reference
    EARLY = "early"  # three days after the invoice
    LATE = "late"  # only once service was cut off
    PARTIAL = "partial"  # half on the due date, the rest ten days later
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class RehearsedCustomer:
    """An invented customer: who it is, what it takes, and how it pays."""

    number: str  # of the account
    name: str
    kind: str  # person, organisation
    email: str
    address: tuple[str, ...]
    country: str
    bill_day: int
    customer_kind: str  # consumer, business
    segment: str
    habit: PayingHabit
    offer: str
    starts_on: date
    ends_on: date | None
    service_kind: str
    identifiers: tuple[tuple[str, str], ...]  # (kind, value): ("msisdn", "447700900001")
    tax_number: str = ""
    options: tuple[str, ...] = ()  # further offers, each a contract without a service of its own


@dataclass(frozen=True, slots=True)
class UsageFile:
    """A file as a network would send it."""

    name: str
    format: str  # a format's name, or "mapping:<file of the pack>"
    source: str
    content: bytes
    arrives_on: date


@dataclass(frozen=True, slots=True)
class Business:
    """The invented operator of a pack's rehearsal."""

    code: str
    name: str
    industry: str
    country: str
    currency: str
    zone: str
    language: str
    payment_days: int
    brand: dict[str, object]  # as `InvoiceDocument`'s seller wants it


@dataclass(frozen=True, slots=True)
class Pack:
    """An industry: its texts by file name, and the rehearsal that proves them."""

    name: str
    title: str
    folder: str  # package of its files
    catalogue: str
    deck_files: tuple[str, ...]
    taxes: str
    ladders: dict[str, str]  # segment -> file
    mappings: tuple[str, ...]
    business: Business
    first_month: date
    months: int
    customers: Callable[[], tuple[RehearsedCustomer, ...]]
    usage_of_month: Callable[[date], tuple[UsageFile, ...]]

    def text(self, name: str) -> str:
        """One of the pack's texts."""
        return files(self.folder).joinpath(name).read_text(encoding="utf-8")

    def path(self, name: str) -> Path:
        """Where one of the pack's files lies."""
        return Path(str(files(self.folder).joinpath(name)))

    def content(self, name: str) -> bytes:
        """One of the pack's files, byte for byte."""
        return files(self.folder).joinpath(name).read_bytes()
