"""What becomes of usage afterwards: events that were replaced, and late ones that are held."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tallystick.base.money import plain
from tallystick.core.tariff.nodes import Late
from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import examples, table_of, tell
from tallystick.gates.cli.asking import AsJson, Operator, Rows, act_for, one_of

if TYPE_CHECKING:
    from tallystick.domain.usage.late_tables import HeldEvent

HELD: Final = ("event", "account", "component", "state", "started_at", "quantity", "unit", "file")
NOTHING_HELD: Final = "no late usage is held or refused"
AS_WHAT: Final = {"difference": Late.DIFFERENCE, "next-bill": Late.NEXT_BILL}
Account = Annotated[str | None, typer.Option(help="An account's number.")]


def join(usage: typer.Typer) -> None:
    """Adds the commands to those of usage."""
    usage.command(
        epilog=examples(
            "usage replaced --account A-1001",
            "usage replaced --record NMI1:E1:2026-01-05T10:00 --json",
        )
    )(replaced)
    usage.command(epilog=examples("usage held", "usage held --account A-1001 --json"))(held)
    usage.command(
        epilog=examples(
            "usage release --account A-1001 --dry-run",
            "usage release --event 4711 --event 4712 --as next-bill",
            "usage release --all --json",
        )
    )(release)


def replaced(
    account: Account = None,
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


def held(
    account: Account = None, limit: Rows = 50, operator: Operator = None, as_json: AsJson = False
) -> None:
    """List late usage that is not charged, since its price says `late: hold` or `refuse`.

    It came when its cycle was billed. `usage release` has it charged after all.
    """
    from tallystick.domain.usage.late_tables import list_held

    present = act_for(operator)
    with acting_for(present.tenant_id):
        found = list_held(account_id=_account_id(account), count=limit)
    rows = [_held_row(one) for one in found]
    tell(
        {"held": rows},
        as_json=as_json,
        table=table_of(HELD, [[row[name] for name in HELD] for row in rows]),
        said=f"{len(rows)} late events are not charged; have them charged with: "
        "tallystick usage release"
        if rows
        else NOTHING_HELD,
    )


def release(
    account: Account = None,
    event: Annotated[
        list[int] | None, typer.Option(help="An event's number, as `usage held` tells it.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of the operator's.")] = False,
    how: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="difference|next-bill",
            parser=one_of(*AS_WHAT),
            help="Rated in its own cycle, or counted in the one that is not billed yet.",
        ),
    ] = "difference",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show which, do nothing.")] = False,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Have late usage that is held or refused charged by the next `tallystick rate`.

    As a difference its cycle is rated again, and the next bill shows what that changes. On the
    next bill it counts as if it had begun in the cycle that is not billed yet. Told again it
    changes nothing.
    """
    from tallystick.flows.late import release_usage

    if sum([account is not None, bool(event), everything]) != 1:
        raise typer.BadParameter("say one of --account NUMBER, --event NUMBER, --all")
    present = act_for(operator)
    with acting_for(present.tenant_id):
        account_id = _account_id(account)
    released = release_usage(
        tenant_id=present.tenant_id,
        account_id=account_id,
        events=event or (),
        late=AS_WHAT[how],
        dry_run=dry_run,
    )
    rows = [_held_row(one) for one in released.events]
    done = (
        "would be released; nothing was changed"
        if dry_run
        else "are released; charge them with: tallystick rate"
    )
    tell(
        {"dry_run": dry_run, "as": str(released.late), "released": rows},
        as_json=as_json,
        table=table_of(HELD, [[row[name] for name in HELD] for row in rows]) if rows else None,
        said=f"{len(rows)} late events {done}" if rows else NOTHING_HELD,
    )


def _account_id(number: str | None) -> int | None:
    from tallystick.domain.parties.queries import account_numbered

    return None if number is None else account_numbered(number).id


def _held_row(one: "HeldEvent") -> dict[str, Any]:
    return {**asdict(one), "quantity": plain(one.quantity)}
