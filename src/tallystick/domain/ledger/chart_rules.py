"""What the posting rules in force say of what is posted."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

import polars as pl

from tallystick.core.post.own_chart import OwnChart, read_own_chart
from tallystick.core.post.rules import EventKind
from tallystick.domain.ledger.models import ChartRules


def rules_on(day: date) -> ChartRules | None:
    """The version of the rules that is in force on that day; None where none is."""
    return ChartRules.objects.filter(valid_from__lte=day).order_by("-valid_from").first()


def own_account(standard: str, *, kind: str, on: date, detail: str = "") -> str | None:
    """The account of the operator's own chart for one posting."""
    chart = _chart_on(on)
    return None if chart is None else chart.book(standard, kind=EventKind(kind), detail=detail)


def with_own_accounts(postings: pl.DataFrame) -> pl.DataFrame:
    """Postings with `own_account`, null where none is.

    They have `ledger_account`, `detail` (empty: none), `kind`, `occurred_on`.
    """
    facts = ("ledger_account", "detail", "kind", "occurred_on")
    asked = postings.select(facts).unique(maintain_order=True)
    booked = pl.Series(
        "own_account",
        [
            own_account(standard, kind=kind, on=on, detail=detail)
            for standard, detail, kind, on in asked.iter_rows()
        ]
        if _any_rules(asked["occurred_on"])
        else [None] * asked.height,
        dtype=pl.String,
    )
    return postings.join(
        asked.with_columns(booked), on=asked.columns, how="left", maintain_order="left"
    )


def _any_rules(days: Iterable[date]) -> bool:
    return rules_on(max(days, default=date.min)) is not None


def _chart_on(day: date) -> OwnChart | None:
    rules = rules_on(day)
    return None if rules is None else _read(rules.text, rules.name)


@lru_cache(maxsize=64)
def _read(text: str, name: str) -> OwnChart:
    return read_own_chart(text, name=name)
