"""The books, the proof that all figures match, and what the outside was told."""

from datetime import date
from decimal import Decimal
from typing import Annotated

import typer

from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import NOT_ALL_WELL, examples, money, table_of, tell
from tallystick.gates.cli.asking import AsJson, Operator, Rows, act_for, one_of, read_day

app = typer.Typer()
ledger = typer.Typer(no_args_is_help=True, help="The general ledger: balances and entries.")
app.add_typer(ledger, name="ledger")

Until = Annotated[
    date | None, typer.Option("--to", parser=read_day, metavar="DAY", help="The last day.")
]
Account = Annotated[str | None, typer.Option(help="Only of this account.")]


@ledger.command(
    "trial-balance",
    epilog=examples("ledger trial-balance", "ledger trial-balance --to 2026-01-31 --json"),
)
def show_balance(until: Until = None, operator: Operator = None, as_json: AsJson = False) -> None:
    """Show every ledger account's debits and credits; exit code 3 when they do not balance."""
    from tallystick.domain.ledger.queries import trial_balance

    present = act_for(operator)
    with acting_for(present.tenant_id):
        lines = trial_balance(until=until)
    told = [
        {
            "code": line.code,
            "name": line.name,
            "kind": line.kind,
            "currency": line.currency,
            "debit": money(line.debit, line.currency),
            "credit": money(line.credit, line.currency),
            "balance": money(line.balance, line.currency),
        }
        for line in lines
    ]
    sums: dict[str, Decimal] = {}
    for line in lines:
        sums[line.currency] = sums.get(line.currency, Decimal(0)) + line.balance
    balanced = not any(sums.values())
    columns = ["code", "name", "currency", "debit", "credit", "balance"]
    tell(
        {"until": until, "balanced": balanced, "lines": told},
        as_json=as_json,
        table=table_of(columns, [[row[name] for name in columns] for row in told]),
        said="debits equal credits" if balanced else f"DOES NOT BALANCE: {sums}",
    )
    raise typer.Exit(0 if balanced else NOT_ALL_WELL)


@ledger.command(
    epilog=examples("ledger entries --account A-1001", "ledger entries --from 2026-02-01 --json")
)
def entries(
    account: Account = None,
    since: Annotated[
        date | None, typer.Option("--from", parser=read_day, metavar="DAY", help="The first day.")
    ] = None,
    until: Until = None,
    limit: Rows = 30,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """List entries of the ledger with their postings, the latest first."""
    from tallystick.domain.ledger.queries import recent_entries
    from tallystick.domain.parties.queries import account_numbered

    present = act_for(operator)
    with acting_for(present.tenant_id):
        found = recent_entries(
            account_id=account_numbered(account).id if account else None,
            since=since,
            until=until,
            count=limit,
        )
    told = [
        {
            "key": entry.source_key,
            "on": entry.occurred_on,
            "account": entry.account.number,
            "kind": entry.kind,
            "description": entry.description,
            "currency": entry.currency,
            "postings": [
                {
                    "ledger_account": side.booked,
                    "standard_account": side.ledger_account,
                    "detail": side.detail,
                    "amount": money(side.amount, entry.currency),
                }
                for side in sides
            ],
        }
        for entry, sides in found
    ]
    rows = [
        (entry.occurred_on, entry.account.number, entry.description, side.booked,
         entry.currency, money(side.amount, entry.currency))
        for entry, sides in found
        for side in sides
    ]  # fmt: skip
    columns = ["on", "account", "what", "ledger account", "currency", "amount"]
    tell({"entries": told}, as_json=as_json, table=table_of(columns, rows))


@app.command(epilog=examples("reconcile", "reconcile --operator larkspur --json"))
def reconcile(operator: Operator = None, as_json: AsJson = False) -> None:
    """Prove that figures found two ways are equal; exit code 3 when any are not."""
    from tallystick.flows.reconcile import reconcile as find

    present = act_for(operator)
    findings = find(tenant_id=present.tenant_id)
    well = all(finding.ok for finding in findings)
    columns = ["ok", "what", "expected", "found"]
    rows = [(one.ok, one.name, one.expected, one.found) for one in findings]
    tell(
        {"reconciled": well, "findings": [dict(zip(columns, row, strict=True)) for row in rows]},
        as_json=as_json,
        table=table_of(columns, rows),
        said="everything matches" if well else "NOT EVERYTHING MATCHES; see the rows that say no",
    )
    raise typer.Exit(0 if well else NOT_ALL_WELL)


@app.command(epilog=examples("orders --state pending", "orders --account A-1001 --json"))
def orders(
    state: Annotated[
        str | None,
        typer.Option(
            parser=one_of("pending", "delivered", "failed", "given_up"),
            metavar="pending|delivered|failed|given_up",
        ),
    ] = None,
    account: Account = None,
    limit: Rows = 30,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """List what the network, the mail and the agency were told or will be, the latest first."""
    from tallystick.domain.outbox.queries import recent_orders
    from tallystick.domain.parties.queries import account_numbered

    present = act_for(operator)
    with acting_for(present.tenant_id):
        account_id = account_numbered(account).id if account else None
        found = recent_orders(state=state, account_id=account_id, count=limit)
    told = [
        {
            "ordered_at": order.ordered_at,
            "account": order.account.number,
            "port": order.port,
            "action": order.action,
            "state": order.state,
            "attempts": order.attempts,
            "answer": order.answer,
            "payload": order.payload,
            "key": order.key,
        }
        for order in found
    ]
    columns = ["ordered_at", "account", "port", "action", "state", "attempts", "answer"]
    tell(
        {"orders": told},
        as_json=as_json,
        table=table_of(columns, [[row[name] for name in columns] for row in told]),
    )
