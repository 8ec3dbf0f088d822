"""Payouts of payment processors: what is known of them, their report in, what is in clearing."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from tallystick.core.receive.payout import PayoutState
from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import NOT_ALL_WELL, examples, money, table_of, tell
from tallystick.gates.cli.asking import AsJson, Day, Operator, Rows, act_for, one_of

app = typer.Typer()
payout = typer.Typer(
    no_args_is_help=True, help="Payouts of card processors, and what they hold for you."
)
app.add_typer(payout, name="payout")

Name = Annotated[str, typer.Argument(help="Such as po_1Nx.", show_default=False)]
_STATES = tuple(state.value for state in PayoutState)


@payout.command("list", epilog=examples("payout list", "payout list --state arrived --json"))
def list_payouts(
    state: Annotated[
        str | None, typer.Option(parser=one_of(*_STATES), metavar="|".join(_STATES))
    ] = None,
    limit: Rows = 30,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """List payouts, the latest first; exit code 3 when one has arrived and is not booked."""
    from tallystick.domain.payments.payout_models import Payout
    from tallystick.flows.payouts import why_waiting

    present = act_for(operator)
    with acting_for(present.tenant_id):
        found = Payout.objects.order_by("-id")
        if state is not None:
            found = found.filter(state=state)
        rows = [
            {
                "payout": one.name, "processor": one.processor,
                "amount": money(one.amount, one.currency), "currency": one.currency,
                "expected": one.expected_on, "state": one.state, "arrived": one.arrived_on,
                "why": why_waiting(one),
            }
            for one in found[:limit]
        ]  # fmt: skip
    waits = any(row["state"] == PayoutState.ARRIVED for row in rows)
    _list("payouts", rows, "no payout is known", as_json=as_json)
    raise typer.Exit(NOT_ALL_WELL if waits else 0)


@payout.command(
    "import", epilog=examples("payout import payouts-2026-03.csv", "payout import p.csv --json")
)
def import_report(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", show_default=False)],
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Take in what payouts are made of: Stripe's itemised payout reconciliation report.

    A row counts once, however often it comes. What has arrived at the bank and can be explained
    now is booked. Exit code 3 when a payout needs a person.
    """
    from tallystick.flows.payouts import take_report
    from tallystick.gates.files.streams import check_file
    from tallystick.gates.processors.payout_report import read_payout_report
    from tallystick.gates.processors.stripe_api import NAME

    check_file(file)
    movements = read_payout_report(file)
    present = act_for(operator)
    done = take_report(movements, processor=NAME, tenant_id=present.tenant_id, at=present.at)
    rows = [{"payout": name, "state": state, "why": why} for name, state, why in done.payouts]
    tell(
        {"movements": done.movements, "new": done.new, "payouts": rows},
        as_json=as_json,
        table=table_of(["payout", "state", "why"], [list(row.values()) for row in rows]),
        said=f"{done.new} of {done.movements} movements are new",
    )
    raise typer.Exit(NOT_ALL_WELL if any(row["why"] for row in rows) else 0)


@payout.command(
    epilog=examples("payout arrived po_1Nx --date 2026-03-05", "payout arrived po_1Nx --json")
)
def arrived(
    name: Name, day: Day = None, operator: Operator = None, as_json: AsJson = False
) -> None:
    """Say that a payout is on the bank account, where no bank statement is imported.

    It is booked if its report explains it. Exit code 3 when it waits for that.
    """
    from tallystick.flows.payouts import arrive

    present = act_for(operator)
    done = arrive(name, on=day or present.today, tenant_id=present.tenant_id, at=present.at)
    _tell_booked([done], as_json=as_json)


@payout.command(epilog=examples("payout again", "payout again --json"))
def again(operator: Operator = None, as_json: AsJson = False) -> None:
    """Look again at payouts that arrived and are not booked; exit code 3 when some stay."""
    from tallystick.flows.payouts import look_again

    present = act_for(operator)
    done = look_again(tenant_id=present.tenant_id, at=present.at)
    _tell_booked(list(done), as_json=as_json)


@payout.command(epilog=examples("payout show po_1Nx", "payout show po_1Nx --json"))
def show(name: Name, operator: Operator = None, as_json: AsJson = False) -> None:
    """Show what a payout is made of, by its processor's report."""
    from tallystick.domain.payments.payout_models import ProcessorMovement
    from tallystick.domain.payments.payouts import payout_named

    present = act_for(operator)
    with acting_for(present.tenant_id):
        found = payout_named(name)
        own = ProcessorMovement.objects.filter(processor=found.processor, payout=name)
        rows = [
            {
                "movement": one.name, "told": one.told, "reference": one.reference,
                "gross": money(one.gross, one.currency), "fee": money(one.fee, one.currency),
                "currency": one.currency, "on": one.happened_on, "is": one.item,
            }
            for one in own.order_by("happened_on", "id")
        ]  # fmt: skip
    _list("movements", rows, "its report is missing: tallystick payout import", as_json=as_json)


@payout.command(epilog=examples("payout clearing", "payout clearing --json"))
def clearing(operator: Operator = None, as_json: AsJson = False) -> None:
    """Show what processors hold: each payment, refund and chargeback that no payout has yet."""
    from tallystick.domain.payments.payouts import items_in_clearing

    present = act_for(operator)
    with acting_for(present.tenant_id):
        items = items_in_clearing()
    sums: dict[tuple[str, str], Decimal] = {}
    for one in items:
        key = (one.moved.partition("/")[2], one.currency)
        sums[key] = sums.get(key, Decimal(0)) + one.held
    rows = [
        {
            "on": one.happened_on, "account": one.account, "what": one.kind.value,
            "reference": one.reference, "moved": one.moved,
            "held": money(one.held, one.currency), "currency": one.currency,
        }
        for one in items
    ]  # fmt: skip
    held = [
        {"processor": processor, "currency": currency, "held": money(amount, currency)}
        for (processor, currency), amount in sorted(sums.items())
    ]
    said = ", ".join(f"{one['processor']} holds {one['held']} {one['currency']}" for one in held)
    tell(
        {"held": held, "items": rows},
        as_json=as_json,
        table=table_of(list(rows[0]), [list(row.values()) for row in rows]) if rows else None,
        said=said or "no processor holds anything",
    )


def _tell_booked(done: list[Any], *, as_json: bool) -> None:
    rows = [{"payout": one.name, "state": one.state, "why": one.note} for one in done]
    waits = any(row["state"] != PayoutState.BOOKED for row in rows)
    _list("payouts", rows, "none waits", as_json=as_json)
    raise typer.Exit(NOT_ALL_WELL if waits else 0)


def _list(what: str, rows: list[dict[str, Any]], none: str, *, as_json: bool) -> None:
    tell(
        {what: rows},
        as_json=as_json,
        table=table_of(list(rows[0]), [list(row.values()) for row in rows]) if rows else None,
        said="" if rows else none,
    )
