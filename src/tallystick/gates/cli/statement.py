"""Statements of account: on the screen, as JSON, as PDF."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from tallystick.gates.cli.answers import examples, money, table_of, tell
from tallystick.gates.cli.asking import AsJson, Operator, act_for, read_day

app = typer.Typer()


@app.command(
    epilog=examples(
        "statement A-1001 --from 2026-01-01 --to 2026-03-31",
        "statement A-1001 --from 2026-01-01 --pdf statement.pdf",
        "statement A-1001 --from 2026-01-01 --json",
    )
)
def statement(
    account: Annotated[str, typer.Argument(help="The account's number.", show_default=False)],
    since: Annotated[
        date, typer.Option("--from", parser=read_day, metavar="DAY", help="First day.")
    ],
    until: Annotated[
        date | None,
        typer.Option("--to", parser=read_day, metavar="DAY", help="Last day; else today."),
    ] = None,
    pdf: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it there, as the customer gets it.")
    ] = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Show what an account owed, what was charged and paid on these days, and what it owes then.

    Credit is below zero. The figures are sums of the books; a day's facts stand in their order.
    """
    from tallystick.flows.statement import statement_of
    from tallystick.gates.documents.statement import render_statement

    present = act_for(operator)
    found = statement_of(
        account, since=since, until=until or present.today, tenant_id=present.tenant_id
    )
    if pdf is not None:
        pdf.write_bytes(render_statement(found))
    rows = [
        {
            "on": row.movement.on,
            "kind": row.movement.kind,
            "text": row.movement.text,
            "amount": money(row.movement.amount, found.currency),
            "balance": money(row.balance, found.currency),
        }
        for row in found.rows
    ]
    sums = {
        name: money(getattr(found, name), found.currency)
        for name in ("opening", "charged", "credited", "closing")
    }
    columns = ["on", "text", "amount", "balance"]
    told = [[found.since, "brought forward", "", sums["opening"]]]
    told += [[row[name] for name in columns] for row in rows]
    tell(
        {
            "account": found.account_number,
            "name": found.buyer.name,
            "currency": found.currency,
            "from": found.since,
            "to": found.until,
            **sums,
            "movements": rows,
            "pdf": pdf,
        },
        as_json=as_json,
        table=table_of(columns, told),
        said=f"{found.buyer.name} ({account}), {found.since} to {found.until}: opening "
        f"{sums['opening']}, charged {sums['charged']}, paid and credited {sums['credited']}, "
        f"closing {sums['closing']} {found.currency}" + (f"; in {pdf}" if pdf else ""),
    )
