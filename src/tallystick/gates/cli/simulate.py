"""A draft price list tried on stored usage: who would pay more, who less."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import polars as pl
import typer

from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import (
    NOT_ALL_WELL,
    examples,
    money,
    progress_bar,
    table_of,
    tell,
)
from tallystick.gates.cli.asking import AsJson, Operator, Rows, act_for, read_day
from tallystick.gates.cli.catalog import CatalogueFile
from tallystick.gates.cli.price_files import read_price_files

if TYPE_CHECKING:
    from tallystick.core.charge.simulation import Simulation


def join(catalog: typer.Typer) -> None:
    """Adds the command to those about price lists."""
    catalog.command(epilog=EXAMPLES)(simulate)


EXAMPLES: Final = examples(
    "catalog simulate draft.yaml --from 2026-03-01 --to 2026-03-31",
    "catalog simulate draft.yaml --from 2026-03-01 --to 2026-03-31 --limit 50 --json",
)


def simulate(
    file: CatalogueFile,
    first: Annotated[
        date, typer.Option("--from", parser=read_day, metavar="DAY", help="The first day.",
                           show_default=False),
    ],
    last: Annotated[
        date, typer.Option("--to", parser=read_day, metavar="DAY", help="The last day.",
                           show_default=False),
    ],
    operator: Operator = None,
    limit: Rows = 10,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Rate stored usage under a draft and as published: who would pay more. Writes nothing.

    Prices of usage and of periods are in it; recurring prices and whole-bill terms are not.
    """
    from tallystick.flows.simulate import simulate_draft

    if last < first:
        raise typer.BadParameter(f"--to {last} is before --from {first}")
    present = act_for(operator)
    written = read_price_files(file)
    with progress_bar() as progress:
        found, names = simulate_draft(
            written,
            tenant_id=present.tenant_id,
            first=first,
            last=last + timedelta(days=1),
            progress=progress,
        )
    currency = written.read().currency
    rising = found.accounts.filter(pl.col("change") > 0).head(limit)
    falling = found.accounts.filter(pl.col("change") < 0).tail(limit).reverse()
    with acting_for(present.tenant_id):
        numbers = _numbers([*rising["account_id"], *falling["account_id"]])
    document: dict[str, Any] = {
        "events": found.events,
        "currency": currency,
        "before": found.before,
        "after": found.after,
        "change": found.after - found.before,
        "accounts": {"more": found.more, "less": found.less, "same": found.same},
        "spread": dict(found.spread),
        "components": _named(found.components, "component", names),
        "rising": _named(rising, "account", numbers),
        "falling": _named(falling, "account", numbers),
        "unrated": found.unrated.to_dicts(),
    }
    unrated = int(found.unrated.filter("newly")["events"].sum())
    if not as_json:
        _show(document, currency)
    tell(document, as_json=as_json, said=_said(found, currency, unrated))
    raise typer.Exit(NOT_ALL_WELL if unrated else 0)


def _numbers(ids: list[int]) -> dict[int, str]:
    from tallystick.domain.parties.models import Account

    return dict(Account.objects.filter(id__in=ids).values_list("id", "number"))


def _named(frame: pl.DataFrame, noun: str, names: dict[int, str]) -> list[dict[str, Any]]:
    rows = frame.to_dicts()
    return [{noun: names[row.pop(f"{noun}_id")], **row} for row in rows]


def _show(document: dict[str, Any], currency: str) -> None:
    for title, noun in (
        ("components", "component"),
        ("rising", "account"),
        ("falling", "account"),
    ):
        rows = [
            (row[noun], *(money(row[name], currency) for name in ("before", "after", "change")))
            for row in document[title]
        ]
        if rows:
            columns = (noun, "before", "after", "change")
            tell({}, as_json=False, table=table_of(columns, rows, title=title))
    rows = list(document["spread"].items())
    tell({}, as_json=False, table=table_of(("change", "accounts"), rows))
    if document["unrated"]:
        columns = ("code", "events", "rated now", "for example")
        held = [(u["code"], u["events"], u["newly"], u["detail"]) for u in document["unrated"]]
        tell({}, as_json=False, table=table_of(columns, held, title="not rated by the draft"))


def _said(found: "Simulation", currency: str, unrated: int) -> str:
    before, after = money(found.before, currency), money(found.after, currency)
    change = money(found.after - found.before, currency)
    said = (
        f"{found.events} events: {before} -> {after} {currency} ({change}); "
        f"{found.more} accounts pay more, {found.less} less, {found.same} the same"
    )
    return f"{said}; {unrated} events that are rated now would not be" if unrated else said
