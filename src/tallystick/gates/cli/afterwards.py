"""What becomes of usage afterwards: events that were replaced by corrected records."""

from dataclasses import asdict
from typing import Annotated

import typer

from tallystick.base.money import plain
from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import examples, table_of, tell
from tallystick.gates.cli.asking import AsJson, Operator, Rows, act_for


def join(usage: typer.Typer) -> None:
    """Adds the commands to those of usage."""
    usage.command(
        epilog=examples(
            "usage replaced --account A-1001",
            "usage replaced --record NMI1:E1:2026-01-05T10:00 --json",
        )
    )(replaced)


def replaced(
    account: Annotated[str | None, typer.Option(help="An account's number.")] = None,
    record: Annotated[str | None, typer.Option(help="A record's id.")] = None,
    limit: Rows = 50,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """List the events that no longer count: what they said, what is in their place, since when.

    A record was corrected, or taken back, by a file of a source that may do so. `charged` says
    whether a charge run has taken note of it; until then the next `tallystick rate` does.
    """
    from tallystick.domain.usage.revising import list_replaced

    present = act_for(operator)
    with acting_for(present.tenant_id):
        found = list_replaced(account=account, record=record, count=limit)
    rows = [
        {
            **asdict(one),
            "quantity": plain(one.quantity),
            "now": "taken back" if one.now is None else plain(one.now),
        }
        for one in found
    ]
    columns = ["account", "record", "started_at", "quantity", "now", "unit", "file", "charged"]
    tell(
        {"replaced": rows},
        as_json=as_json,
        table=table_of(columns, [[row[name] for name in columns] for row in rows]),
    )
