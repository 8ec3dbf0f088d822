"""The end of a period: turning and closing books, debts by age, taxes, what leaves the house."""

from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tallystick.base.money import plain
from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import (
    NOT_ALL_WELL,
    examples,
    money,
    moneys,
    progress_bar,
    table_of,
    tell,
)
from tallystick.gates.cli.asking import AsJson, Day, Operator, Present, act_for, one_of, read_day

if TYPE_CHECKING:
    from tallystick.flows.revalue import Position
    from tallystick.gates.reports.saft import Audit

app = typer.Typer()
books = typer.Typer(
    no_args_is_help=True, help="The books: turn and close them, ages, taxes, exports."
)
app.add_typer(books, name="books")

Through = Annotated[
    date,
    typer.Option(parser=read_day, metavar="DAY", help="Its last day.", show_default=False),
]
Since = Annotated[
    date,
    typer.Option("--from", parser=read_day, metavar="DAY", help="First day.", show_default=False),
]
Until = Annotated[
    date,
    typer.Option("--to", parser=read_day, metavar="DAY", help="Last day.", show_default=False),
]


@books.command(
    epilog=examples(
        "books turn --through 2026-01-31 --rehearse",
        "books turn --through 2026-01-31 --close",
    )
)
def turn(
    through: Through,
    close: Annotated[bool, typer.Option("--close", help="Lock the books through it.")] = False,
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="Say what would be posted; store nothing.")
    ] = False,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Release revenue earned by a day, accrue usage not billed by then, value foreign items.

    Accrual and valuation are reversed on the next day. Told twice, it posts what has been added
    since. Foreign items need a rate for the day and for each day on which one came in.
    """
    from tallystick.flows.turn import turn_books

    present = act_for(operator)
    if through > present.today:
        raise typer.BadParameter(f"--through {through} has not come; today is {present.today}")
    with progress_bar() as progress:
        report = turn_books(
            tenant_id=present.tenant_id,
            through=through,
            at=present.at,
            close=close,
            rehearse=rehearse,
            progress=progress,
        )
    released, accrued = moneys(report.released), moneys(report.accrued)
    revalued = report.revalued
    gain, loss = money(revalued.gain, revalued.own), money(revalued.loss, revalued.own)
    locked = close and not rehearse
    said = (
        f"{'would release' if rehearse else 'released'} {_in_words(released)} and "
        f"{'accrue' if rehearse else 'accrued'} {_in_words(accrued)} through {through}"
    )
    if revalued.positions:
        said += (
            f"; foreign items are valued with {gain} {revalued.own} gained and {loss} "
            f"{revalued.own} lost, {'to be reversed' if rehearse else 'reversed'} the next day"
        )
    tell(
        {
            "through": through,
            "released": released,
            "accrued": accrued,
            "revalued": {
                "currency": revalued.own,
                "gain": gain,
                "loss": loss,
                "items": [_position(one, own=revalued.own) for one in revalued.positions],
            },
            "entries": report.entries,
            "closed": locked,
            "rehearsed": rehearse,
        },
        as_json=as_json,
        said=said + (f"; the books are closed through {through}" if locked else ""),
    )


def _position(one: "Position", *, own: str) -> dict[str, str]:
    return {
        "currency": one.currency,
        "ledger_account": one.ledger_account,
        "balance": money(one.balance, one.currency),
        "carried": money(one.carried, own),
        "worth": money(one.worth, own),
        "difference": money(one.difference, own),
    }


@books.command(
    epilog=examples(
        "books revaluation --through 2026-01-31", "books revaluation --through 2026-01-31 --json"
    )
)
def revaluation(through: Through, operator: Operator = None, as_json: AsJson = False) -> None:
    """Show what each account's foreign items were valued at when the books were turned."""
    from tallystick.domain.ledger.revaluations import read_revaluations
    from tallystick.domain.parties.models import Account

    present = act_for(operator)
    own = present.tenant.currency
    with acting_for(present.tenant_id):
        rows = read_revaluations(through=through).to_dicts()
        ids = [row["account_id"] for row in rows]
        numbers = dict(Account.objects.filter(id__in=ids).values_list("id", "number"))
    told = [
        {
            "account": numbers[row["account_id"]],
            "ledger_account": row["ledger_account"],
            "currency": row["currency"],
            "balance": money(row["balance"], row["currency"]),
            **{name: money(row[name], own) for name in ("carried", "worth", "difference")},
            "rate": plain(row["rate"]),
            "rates": row["said"],
        }
        for row in rows
    ]
    columns = ["account", "ledger_account", "currency", "balance", "carried", "worth", "difference"]
    tell(
        {"through": through, "currency": own, "items": told},
        as_json=as_json,
        table=table_of(columns, [[row[name] for name in columns] for row in told]),
        said=f"{len(told)} foreign items were valued in {own} on {through}"
        if told
        else f"no foreign items were valued on {through}; books turn --through {through} does it",
    )


def _in_words(amounts: dict[str, str]) -> str:
    told = ", ".join(f"{amount} {currency}" for currency, amount in sorted(amounts.items()))
    return told or "nothing"


@books.command(
    epilog=examples(
        'books reopen --reason "invoice 7 was wrong"',
        'books reopen --reason "a late bill of a partner" --json',
    )
)
def reopen(
    reason: Annotated[str, typer.Option(help="Why; it is kept.", show_default=False)],
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Open the period that was closed last again."""
    from tallystick.domain.ledger.operations import closed_through, reopen_books

    present = act_for(operator)
    with acting_for(present.tenant_id):
        opened = reopen_books(reason=reason, at=present.at)
        still = closed_through()
    said = f"; they stay closed through {still}" if still else ""
    tell(
        {"reopened": opened.through, "closed_through": still},
        as_json=as_json,
        said=f"the books through {opened.through} are open again{said}",
    )


@books.command(epilog=examples("books aging", "books aging --date 2026-03-31 --json"))
def aging(day: Day = None, operator: Operator = None, as_json: AsJson = False) -> None:
    """Show what each account owes by how long it is due; exit code 3 when anything is late."""
    from tallystick.domain.invoices.reports import age_debts

    present = act_for(operator)
    on = day or present.today
    with acting_for(present.tenant_id):
        debts = age_debts(on=on)
    columns = ["not_due", "days_30", "days_60", "days_90", "older", "credit", "total"]
    told = [
        {
            "account": debt.account,
            "name": debt.name,
            "currency": debt.currency,
            **{name: money(getattr(debt, name), debt.currency) for name in columns},
        }
        for debt in debts
    ]
    late = any(debt.days_30 or debt.days_60 or debt.days_90 or debt.older for debt in debts)
    shown = ["account", "name", "currency", *columns]
    tell(
        {"on": on, "debts": told},
        as_json=as_json,
        table=table_of(shown, [[row[name] for name in shown] for row in told]),
        said=f"{len(told)} accounts owe or are owed on {on}",
    )
    raise typer.Exit(NOT_ALL_WELL if late else 0)


@books.command(
    epilog=examples(
        "books taxes --from 2026-01-01 --to 2026-03-31",
        "books taxes --from 2026-01-01 --to 2026-03-31 --json",
    )
)
def taxes(since: Since, until: Until, operator: Operator = None, as_json: AsJson = False) -> None:
    """Show the taxes of some days as a return asks for them; exit code 3 if the books differ.

    By where lines are taxed and whose tax it is, wherever the bill goes: of invoices, credit notes
    and voids, of prepaid use, and of debts given up or recovered.
    """
    from tallystick.core.post.chart import TAX_PAYABLE
    from tallystick.domain.invoices.reports import sum_taxes
    from tallystick.domain.ledger.queries import moved_on

    _require_order(since, until)
    present = act_for(operator)
    with acting_for(present.tenant_id):
        sums = sum_taxes(since, until)
        booked = moved_on(TAX_PAYABLE, since=since, until=until)
    totals: dict[str, Decimal] = {}
    for one in sums:
        totals[one.currency] = totals.get(one.currency, Decimal(0)) + one.tax
    books = {currency: -amount for currency, amount in booked.items()}
    same = all(totals.get(currency, 0) == books.get(currency, 0) for currency in totals | books)
    told = [
        asdict(one)
        | {"taxable": money(one.taxable, one.currency), "tax": money(one.tax, one.currency)}
        for one in sums
    ]
    columns = [
        "place", "jurisdiction", "name", "code", "rate", "currency", "of", "invoices", "taxable",
        "tax",
    ]  # fmt: skip
    said = f"taxes {_in_words(moneys(totals))}; tax payable in the books {_in_words(moneys(books))}"
    tell(
        {
            "from": since,
            "to": until,
            "taxes": told,
            "totals": moneys(totals),
            "booked": moneys(books),
            "matches": same,
        },
        as_json=as_json,
        table=table_of(columns, [[row[name] for name in columns] for row in told]),
        said=said if same else f"DIFFERS: {said}",
    )
    raise typer.Exit(0 if same else NOT_ALL_WELL)


@books.command(
    epilog=examples(
        "books export --from 2026-01-01 --to 2026-01-31 -o journal.csv",
        "books export --format saf-t --from 2026-01-01 --to 2026-12-31 -o saft.xml",
    )
)
def export(
    since: Since,
    until: Until,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to.", show_default=False)
    ],
    form: Annotated[
        str, typer.Option("--format", parser=one_of("csv", "saf-t"), metavar="csv|saf-t")
    ] = "csv",
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Write the journal of some days as CSV, or as a Standard Audit File for Tax."""
    from tallystick.domain.ledger.queries import journal_between, journal_sums
    from tallystick.gates.reports.journal import write_journal
    from tallystick.gates.reports.saft import write_saft

    _require_order(since, until)
    present = act_for(operator)
    with acting_for(present.tenant_id):
        entries, debit, credit = journal_sums(since, until)
        rows = journal_between(since, until)
        if form == "csv":
            with output.open("w", encoding="utf-8", newline="") as text:
                write_journal(rows, to=text)
        else:
            audit = _audit(present, since, until, sums=(entries, debit, credit))
            with output.open("wb") as file:
                write_saft(audit, rows, to=file)
    tell(
        {"file": output, "entries": entries, "debit": debit, "credit": credit},
        as_json=as_json,
        said=f"{entries} entries are in {output}",
    )


def _require_order(since: date, until: date) -> None:
    if until < since:
        raise typer.BadParameter(f"--to {until} is before --from {since}")


def _audit(present: Present, since: date, until: date, *, sums: tuple[int, Any, Any]) -> "Audit":
    from tallystick.domain.ledger.queries import trial_balance
    from tallystick.domain.parties.models import Account
    from tallystick.gates.reports.saft import Audit, Company, Customer

    tenant = present.tenant
    named = Account.objects.select_related("party").order_by("number")
    return Audit(
        company=Company(
            tenant.name, str(tenant.brand.get("vat_number", "")), tenant.country, tenant.currency
        ),
        since=since,
        until=until,
        made_at=present.at,
        opening=trial_balance(until=since - timedelta(days=1)),
        closing=trial_balance(until=until),
        customers=[
            Customer(one.number, one.party.name, one.party.country, one.party.tax_number)
            for one in named
        ],
        entries=sums[0],
        debit=sums[1],
        credit=sums[2],
    )
