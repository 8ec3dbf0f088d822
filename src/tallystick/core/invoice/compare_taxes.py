"""What differs between two tax tables, by the day, and whose taxes that changes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from tallystick.base.money import plain
from tallystick.core.invoice.tax import (
    ANY,
    Nearness,
    NoTaxRate,
    Tax,
    TaxCode,
    TaxPosition,
    TaxRow,
    in_force,
    taxes_on,
)

Key = tuple[str, str, str, str]
"""Jurisdiction, category, customer kind, nearness."""


@dataclass(frozen=True, slots=True)
class TaxChange:
    """Taxes that differ in `[valid_from, valid_until)`, as written; none = there is no rate."""

    jurisdiction: str
    category: str
    customer_kinds: tuple[str, ...]
    near: Nearness
    valid_from: date
    valid_until: date | None
    before: tuple[str, ...]
    after: tuple[str, ...]

    def sentence(self) -> str:
        kinds = "" if self.customer_kinds == (ANY,) else f" for {', '.join(self.customer_kinds)}"
        near = "" if self.near is Nearness.ANY else f" in {self.near} region"
        days = f"from {self.valid_from}" if self.valid_from > date.min else "from ever"
        if self.valid_until is not None:
            days += f" to {self.valid_until - timedelta(days=1)}"
        return (
            f"{self.jurisdiction} {self.category}{kinds}{near}, {days}: "
            f"{' + '.join(self.before) or 'no rate'} -> {' + '.join(self.after) or 'no rate'}"
        )

    def covers(self, on: date) -> bool:
        return in_force(on, valid_from=self.valid_from, valid_until=self.valid_until)


@dataclass(frozen=True, slots=True)
class Taxed:
    """That something of a category was taxed for customers of a kind in a place on a day."""

    on: date
    place: str
    customer_kind: str
    category: str
    documents: int


def compare_taxes(old: Sequence[TaxRow], *, new: Sequence[TaxRow]) -> tuple[TaxChange, ...]:
    """Every rate that holds on other days or for others than before, the first day first.

    Customer kinds whose taxes change alike are told together.
    """
    alike: dict[TaxChange, list[str]] = {}
    for key in sorted({_key(row) for row in (*old, *new)}):
        jurisdiction, category, kind, near = key
        for span, before, after in _differing(_of(old, key), _of(new, key)):
            of_all = TaxChange(jurisdiction, category, (), Nearness(near), *span, before, after)
            alike.setdefault(of_all, []).append(kind)
    changes = [replace(one, customer_kinds=tuple(kinds)) for one, kinds in alike.items()]
    return tuple(sorted(changes, key=lambda one: (one.valid_from, one.jurisdiction, one.category)))


def altered(
    taxed: Iterable[Taxed],
    *,
    old: Sequence[TaxRow],
    new: Sequence[TaxRow],
    changes: Sequence[TaxChange],
    seller_region: str,
) -> tuple[Taxed, ...]:
    """What was taxed and would bear other taxes by the new table, on the same day.

    Certificates of exemption are not looked at: who has one counts as the others do.
    """
    return tuple(
        one
        for one in taxed
        if any(_touches(change, one) for change in changes)
        and _taxes(one, old, seller_region) != _taxes(one, new, seller_region)
    )


def _touches(change: TaxChange, one: Taxed) -> bool:
    inside = one.place == change.jurisdiction or one.place.startswith(
        (f"{change.jurisdiction}-", f"{change.jurisdiction}/")
    )
    return inside and change.category == one.category and change.covers(one.on)


def _taxes(one: Taxed, table: Sequence[TaxRow], seller_region: str) -> tuple[Tax, ...]:
    position = TaxPosition(
        name="",
        jurisdiction=one.place,
        customer_kind=one.customer_kind,
        reverse_charge=one.customer_kind == "reverse_charge",
        seller_region=seller_region,
    )
    try:
        return taxes_on(one.category, position=position, table=table, on=one.on)
    except NoTaxRate:
        return ()


def _key(row: TaxRow) -> Key:
    return row.jurisdiction, row.category, row.customer_kind, row.seller_region.value


def _of(table: Sequence[TaxRow], key: Key) -> list[TaxRow]:
    return [row for row in table if _key(row) == key]


def _differing(
    old: Sequence[TaxRow], new: Sequence[TaxRow]
) -> list[tuple[tuple[date, date | None], tuple[str, ...], tuple[str, ...]]]:
    """The longest spans of days with the same two lists of taxes, where they differ."""
    days = {row.valid_from for row in (*old, *new)}
    days |= {row.valid_until for row in (*old, *new) if row.valid_until is not None}
    found: list[tuple[tuple[date, date | None], tuple[str, ...], tuple[str, ...]]] = []
    for first, end in pairwise([*sorted(days), None]):
        assert first is not None
        before, after = _held(old, first), _held(new, first)
        if before == after:
            continue
        if found and found[-1][0][1] == first and found[-1][1:] == (before, after):
            first = found.pop()[0][0]
        found.append(((first, end), before, after))
    return found


def _held(rows: Sequence[TaxRow], on: date) -> tuple[str, ...]:
    return tuple(
        _said(row)
        for row in rows
        if in_force(on, valid_from=row.valid_from, valid_until=row.valid_until)
    )


def _said(row: TaxRow) -> str:
    """A rate as its table writes it."""
    if row.levy:
        unit = row.levy_unit if row.levy_unit == "each" else f"per {row.levy_unit}"
        return f"{row.tax} {plain(row.levy)} {unit}"
    usual = TaxCode.STANDARD if row.percent else TaxCode.ZERO
    code = "" if row.code == usual else f" ({row.code})"
    return f"{row.tax} {plain(row.percent)} %{code}{' compound' if row.compound else ''}"
