"""Rates between currencies: add, import, list them, and see what money is worth by them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from tallystick.base.money import minor_decimals, plain
from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import examples, money, table_of, tell
from tallystick.gates.cli.asking import (
    AsJson,
    Day,
    Operator,
    act_for,
    read_amount,
    read_day,
    read_text,
    spread,
)

app = typer.Typer()
exchange = typer.Typer(
    no_args_is_help=True, help="Rates between currencies: add, import, list, convert."
)
app.add_typer(exchange, name="exchange")

SHOWN = 200

Source = Annotated[str, typer.Option(help="Whose rate it is, such as ECB.", show_default=False)]
Correct = Annotated[
    bool, typer.Option("--correct", help="It replaces what the source said for that day before.")
]
Base = Annotated[str, typer.Argument(metavar="BASE", show_default=False)]
Quote = Annotated[str, typer.Argument(metavar="QUOTE", show_default=False)]


@dataclass(frozen=True, slots=True)
class Told:
    """A rate as it is told."""

    base: Base
    quote: Quote
    rate: Annotated[Decimal, typer.Argument(parser=read_amount, metavar="RATE", show_default=False)]
    source: Source
    day: Day = None
    until: Annotated[
        date | None,
        typer.Option(parser=read_day, metavar="DAY", help="The last day; else it holds 7 days."),
    ] = None
    correct: Correct = False


@exchange.command(
    epilog=examples(
        "exchange add EUR USD 1.0832 --source ECB",
        "exchange add XDR EUR 1.2294 --source IMF --date 2026-03-01 --until 2026-03-31",
    )
)
@spread
def add(told: Told, operator: Operator = None, as_json: AsJson = False) -> None:
    """Say what one unit of a currency is worth in another, from a day on."""
    from tallystick.domain.currencies.operations import RateWish, record_rates

    present = act_for(operator)
    wish = RateWish(
        told.base, told.quote, told.rate, told.day or present.today, told.source, told.until
    )
    with acting_for(present.tenant_id):
        new = record_rates([wish], tenant_id=present.tenant_id, at=present.at, correct=told.correct)
    said = f"1 {wish.base} = {plain(wish.rate)} {wish.quote} from {wish.on} on ({wish.source})"
    tell(
        {"base": wish.base, "quote": wish.quote, "rate": plain(wish.rate), "from": wish.on,
         "to": wish.valid_to, "source": wish.source, "new": bool(new)},
        as_json=as_json,
        said=said if new else f"{said} was known; nothing was changed",
    )  # fmt: skip


@exchange.command(
    "import",
    epilog=examples(
        "exchange import rates.csv --source ECB --dry-run", "exchange import rates.csv --source ECB"
    ),
)
def import_(
    file: Annotated[
        Path, typer.Argument(help="CSV: date,base,quote,rate[,until,source].", show_default=False)
    ],
    source: Source,
    correct: Correct = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and check, add none.")] = False,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Add the rates of a file, all or none of them."""
    from tallystick.domain.currencies.operations import record_rates
    from tallystick.gates.files.exchange_rates import read_rates

    present = act_for(operator)
    wishes = read_rates(read_text(file), name=file.name, source=source)
    with acting_for(present.tenant_id):
        new = record_rates(
            wishes, tenant_id=present.tenant_id, at=present.at, correct=correct, keep=not dry_run
        )
    done = "would be added" if dry_run else "are added"
    tell(
        {"file": file.name, "rates": len(wishes), "new": new, "dry_run": dry_run},
        as_json=as_json,
        said=f"{len(wishes)} rates read, {new} {done}, {len(wishes) - new} were known",
    )


@exchange.command(
    "list", epilog=examples("exchange list", "exchange list --date 2026-03-02 --json")
)
def list_(day: Day = None, operator: Operator = None, as_json: AsJson = False) -> None:
    """List rates, the latest first: all, or those that hold on a day."""
    from tallystick.domain.currencies.queries import rates_listed

    present = act_for(operator)
    with acting_for(present.tenant_id):
        rates = rates_listed(on=day, most=SHOWN + 1)
    columns = ["from", "to", "base", "quote", "rate", "source", "revision"]
    rows = [
        (one.valid_from, one.valid_to, one.base, one.quote, plain(one.rate), one.source,
         one.revision)
        for one in rates[:SHOWN]
    ]  # fmt: skip
    said = f"{len(rows)} rates; `to` is the first day without"
    if len(rates) > SHOWN:
        said = f"the latest {SHOWN} rates; those of one day with --date"
    tell(
        {"rates": [dict(zip(columns, row, strict=True)) for row in rows]},
        as_json=as_json,
        table=table_of(columns, rows) if rows else None,
        said=said,
    )


@exchange.command(
    epilog=examples("exchange convert 108.32 USD EUR", "exchange convert 1000 XDR USD --json")
)
def convert(
    amount: Annotated[
        Decimal, typer.Argument(parser=read_amount, metavar="AMOUNT", show_default=False)
    ],
    base: Base,
    quote: Quote,
    day: Day = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Say what money is worth in another currency on a day, and by which rates; changes nothing."""
    from tallystick.core.receive.exchange import find_way
    from tallystick.domain.currencies.queries import rates_on

    for currency in (base, quote):
        minor_decimals(currency)
    present = act_for(operator)
    on = day or present.today
    with acting_for(present.tenant_id):
        way = find_way(rates_on(on), base=base, quote=quote, on=on)
    worth = money(way.convert(amount, currency=quote), quote)
    tell(
        {"amount": plain(amount), "base": base, "worth": worth, "quote": quote, "on": on,
         "rate": plain(way.rate), "rates": [str(one) for one in way.rates]},
        as_json=as_json,
        said=f"{plain(amount)} {base} = {worth} {quote} on {on}, by {way.said or 'itself'}",
    )  # fmt: skip
