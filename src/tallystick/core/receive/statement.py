"""A bank statement as it was read, and what its lines are for.

A line is matched by what it names, the surest first: invoices, then the account's number, then the
payer's bank account where it paid before, then a payer whose name and amount fit one account only.
What fits nobody, or several, waits for a person; nothing is guessed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

import polars as pl

_WORD: Final = re.compile(r"[A-Z0-9]+")
LONGEST: Final = 4
"""A number may be written in so many words: `INV 2026 000 001`."""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement on the operator's bank account; money out is negative."""

    key: str  # the bank's own name for it, so that it counts once
    booked_on: date
    amount: Decimal
    currency: str
    text: str = ""  # remittance information, references
    payer: str = ""
    payer_iban: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement whose lines explain its balances."""

    number: str
    iban: str
    currency: str
    opening: Decimal
    closing: Decimal
    lines: tuple[StatementLine, ...]


class Rule(StrEnum):
    """What a line was matched by."""

    INVOICE = "invoice"
    ACCOUNT = "account"
    BANK_ACCOUNT = "bank_account"
    NAME_AND_AMOUNT = "name_and_amount"
    RETURNED = "returned"  # a direct debit that came back
    DEBIT_RUN = "debit_run"  # the money of a debit run
    PAYOUT = "payout"  # what a processor had held
    PERSON = "person"  # somebody decided it


class Waiting(StrEnum):
    """Why a line waits for a person."""

    MONEY_OUT = "money_out"
    NOBODY = "nobody"
    SEVERAL_ACCOUNTS = "several_accounts"
    OTHER_CURRENCY = "other_currency"
    UNKNOWN_REASON = "unknown_reason"  # a direct debit came back, for a reason no table has
    DEBIT_RUN = "debit_run"  # it names a debit run, whose amount is another
    PAYOUT = "payout"  # it names a payout, whose amount is another, or fits several


@dataclass(frozen=True, slots=True)
class Matched:
    """Whose a line is, by which rule, and the invoices that it names.

    A line that is of many accounts has none.
    """

    account_id: int | None
    rule: Rule
    invoices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What lines may name; numbers are spelled as `spell` does."""

    invoices: Mapping[str, tuple[int, str]]  # spelled number -> account, number
    accounts: Mapping[str, int]
    payers: Mapping[str, frozenset[int]]  # bank account -> who paid from it
    owing: Mapping[tuple[str, Decimal, str], frozenset[int]]  # name, amount, currency -> accounts
    currencies: Mapping[int, str] = field(default_factory=dict)


def spell(number: str) -> str:
    """A number without spaces, signs and case: `INV-2026-000001` is `INV2026000001`."""
    return "".join(_WORD.findall(number.upper()))


def spell_each(numbers: pl.Expr) -> pl.Expr:
    """`spell` of a column."""
    return numbers.str.to_uppercase().str.replace_all("[^A-Z0-9]", "")


def words_of(lines: Iterable[StatementLine]) -> set[str]:
    """Every spelled number that the lines' texts may name."""
    return {word for line in lines for word in _spellings(line.text)}


def match_line(line: StatementLine, *, known: Known) -> Matched | Waiting:
    """Whose the money is, or why that needs a person."""
    if line.amount <= 0:
        return Waiting.MONEY_OUT
    found = _match(line, known)
    if isinstance(found, Matched):
        assert found.account_id is not None, "no rule of these matches a line of many accounts"
        if known.currencies.get(found.account_id) != line.currency:
            return Waiting.OTHER_CURRENCY
    return found


def _match(line: StatementLine, known: Known) -> Matched | Waiting:
    spelled = list(_spellings(line.text))
    named = dict.fromkeys(known.invoices[word] for word in spelled if word in known.invoices)
    if named:
        accounts = {account_id for account_id, _ in named}
        if len(accounts) > 1:
            return Waiting.SEVERAL_ACCOUNTS
        return Matched(accounts.pop(), Rule.INVOICE, tuple(number for _, number in named))
    owners = {known.accounts[word] for word in spelled if word in known.accounts}
    rule = Rule.ACCOUNT
    if not owners:
        owners, rule = set(known.payers.get(spell(line.payer_iban), ())), Rule.BANK_ACCOUNT
    if not owners:
        key = (spell(line.payer), line.amount, line.currency)
        owners, rule = set(known.owing.get(key, ())) if key[0] else set(), Rule.NAME_AND_AMOUNT
    if len(owners) > 1:
        return Waiting.SEVERAL_ACCOUNTS
    return Matched(owners.pop(), rule) if owners else Waiting.NOBODY


def _spellings(text: str) -> Iterator[str]:
    """Each word, and up to four neighbours as one."""
    words = _WORD.findall(text.upper())
    for at in range(len(words)):
        for count in range(1, LONGEST + 1):
            if at + count <= len(words):
                yield "".join(words[at : at + count])
