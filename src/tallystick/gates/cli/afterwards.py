"""What becomes of usage afterwards: in suspense, replaced, or late and held."""

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tallystick.base.money import EXACT, plain
from tallystick.core.charge.suspense import suspense_sentence
from tallystick.core.tariff.nodes import Late
from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import examples, table_of, tell
from tallystick.gates.cli.asking import AsJson, Operator, Rows, act_for, one_of, spread

if TYPE_CHECKING:
    from tallystick.domain.usage.late_tables import HeldEvent
    from tallystick.flows.release import ReleaseRehearsed

HELD: Final = ("event", "account", "component", "state", "started_at", "quantity", "unit", "file")
SUSPENDED: Final = (
    "event", "account", "kind", "started_at", "quantity", "unit", "code", "why",
)  # fmt: skip
COSTS: Final = (
    "account", "offer", "component", "events", "before", "now", "difference", "currency",
)  # fmt: skip
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
    usage.command(epilog=examples("usage suspense", "usage suspense --code no_rate --json"))(
        suspense
    )
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


def suspense(
    account: Account = None,
    code: Annotated[str | None, typer.Option(help="Only those of this reason.")] = None,
    limit: Rows = 50,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """List the events that no price could be put on yet, and how to mend each.

    `tallystick rate` tries all of them again.
    """
    from tallystick.domain.usage.suspense import list_suspense

    present = act_for(operator)
    with acting_for(present.tenant_id):
        found = list_suspense(account_id=_account_id(account), code=code, count=limit)
    rows = [
        {
            **asdict(one),
            "quantity": plain(one.quantity),
            "why": suspense_sentence(one.code, detail=one.detail),
        }
        for one in found
    ]
    tell(
        {"suspense": rows},
        as_json=as_json,
        table=table_of(SUSPENDED, [[row[name] for name in SUSPENDED] for row in rows])
        if rows
        else None,
        said="" if rows else "no event waits for a price",
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


@dataclass(frozen=True, slots=True)
class WhichLate:
    """Which late usage: an account's, some events, or all of it."""

    account: Account = None
    event: Annotated[
        list[int] | None, typer.Option(help="An event's number, as `usage held` tells it.")
    ] = None
    everything: Annotated[bool, typer.Option("--all", help="All of the operator's.")] = False


@spread
def release(
    which: WhichLate,
    how: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="difference|next-bill",
            parser=one_of(*AS_WHAT),
            help="Rated in its own cycle, or counted in the one that is not billed yet.",
        ),
    ] = "difference",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show which and what they would cost, do nothing.")
    ] = False,
    limit: Rows = 10,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Have late usage that is held or refused charged by the next `tallystick rate`.

    As a difference its cycle is rated again, and the next bill shows what that changes. On the
    next bill it counts as if it had begun in the cycle that is not billed yet. Told again it
    changes nothing.

    With --dry-run it is charged and all of it undone: prices and allowances as they stand now,
    without other usage that waits. Prices by the period follow with the bill.
    """
    from tallystick.flows.late import release_usage
    from tallystick.flows.release import rehearse_release

    if sum([which.account is not None, bool(which.event), which.everything]) != 1:
        raise typer.BadParameter("say one of --account NUMBER, --event NUMBER, --all")
    present = act_for(operator)
    with acting_for(present.tenant_id):
        account_id = _account_id(which.account)
    common: dict[str, Any] = {
        "tenant_id": present.tenant_id,
        "account_id": account_id,
        "events": which.event or (),
        "late": AS_WHAT[how],
    }
    if dry_run:
        rehearsed = rehearse_release(at=present.at, **common)
        _tell_costs(rehearsed, how=AS_WHAT[how], limit=limit, as_json=as_json)
        return
    released = release_usage(**common)
    rows = [_held_row(one) for one in released.events]
    tell(
        {"dry_run": False, "as": str(released.late), "released": rows},
        as_json=as_json,
        table=table_of(HELD, [[row[name] for name in HELD] for row in rows]) if rows else None,
        said=f"{len(rows)} late events are released; charge them with: tallystick rate"
        if rows
        else NOTHING_HELD,
    )


def _tell_costs(found: "ReleaseRehearsed", *, how: Late, limit: int, as_json: bool) -> None:
    """What releasing would cost: sums by currency and account, then the dearest rows."""
    rows = [
        {**asdict(one), "difference": EXACT.subtract(one.now, one.before)} for one in found.costs
    ]
    sums: dict[str, Decimal] = {}
    by_account: dict[tuple[str, str], Decimal] = {}
    for row in rows:
        own, currency = (row["account"], row["currency"]), row["currency"]
        sums[currency] = EXACT.add(sums.get(currency, Decimal(0)), row["difference"])
        by_account[own] = EXACT.add(by_account.get(own, Decimal(0)), row["difference"])
    dearest = sorted(by_account.items(), key=lambda one: (-abs(one[1]), one[0]))
    told = ", ".join(f"{plain(sum_)} {currency}" for currency, sum_ in sums.items()) or "nothing"
    unpriced = f"; {found.unpriced} events have no price and would wait" if found.unpriced else ""
    tell(
        {
            "dry_run": True,
            "as": str(how),
            "released": [_held_row(one) for one in found.events],
            "sums": sums,
            "accounts": [
                {"account": number, "currency": currency, "difference": amount}
                for (number, currency), amount in dearest
            ],
            "costs": rows,
            "unpriced": found.unpriced,
        },
        as_json=as_json,
        table=table_of(COSTS, [[row[name] for name in COSTS] for row in rows[:limit]])
        if rows
        else None,
        said=f"{len(found.events)} late events would be released and cost {told} before tax, in "
        f"{len(by_account)} accounts{unpriced}; nothing was changed"
        if found.events
        else NOTHING_HELD,
    )


def _account_id(number: str | None) -> int | None:
    from tallystick.domain.parties.queries import account_numbered

    return None if number is None else account_numbered(number).id


def _held_row(one: "HeldEvent") -> dict[str, Any]:
    return {**asdict(one), "quantity": plain(one.quantity)}
