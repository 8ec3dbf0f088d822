"""What is handed out: identifiers and their quarantine, equipment that is lent."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import examples, table_of, tell
from tallystick.gates.cli.asking import (
    AsJson,
    Operator,
    Present,
    Rows,
    act_for,
    as_pairs,
    one_of,
    read_pair,
    spelled,
)

app = typer.Typer()
inventory = typer.Typer(
    no_args_is_help=True, help="Numbers, SIMs, meters: who has them, quarantine. Equipment."
)
app.add_typer(inventory, name="inventory")

_STATES = ("assigned", "quarantined", "free")
Value = Annotated[
    str, typer.Argument(metavar="NUMBER", help="A number, SIM, meter.", show_default=False)
]
Kind = Annotated[str | None, typer.Option(help="Its kind; needed where two are written alike.")]


@inventory.command(
    "list",
    epilog=examples(
        "inventory list",
        "inventory list --kind msisdn --state quarantined",
        "inventory list --json",
    ),
)
def list_all(
    kind: Annotated[str | None, typer.Option(help="Such as msisdn, iccid, ip or meter.")] = None,
    state: Annotated[
        str | None, typer.Option(parser=one_of(*_STATES), metavar="|".join(_STATES))
    ] = None,
    limit: Rows = 50,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """List identifiers: whose they are, or were last, and until when they are in quarantine."""
    from tallystick.domain.inventory.queries import Standing, list_identifiers

    present = act_for(operator)
    with acting_for(present.tenant_id):
        found = list_identifiers(
            at=present.at, kind=kind, state=Standing(state) if state else None, count=limit
        )
    _tell_all(found, present, as_json=as_json)


@inventory.command(
    epilog=examples("inventory show 447700900001", "inventory show 192.0.2.7 --kind ip --json")
)
def show(
    number: Value, kind: Kind = None, operator: Operator = None, as_json: AsJson = False
) -> None:
    """Show who had an identifier when, and what was released early and why."""
    from tallystick.domain.inventory.queries import find_identifier, history_of, standing_of

    present = act_for(operator)
    with acting_for(present.tenant_id):
        one = find_identifier(spelled(kind, number), kind=kind)
        now, became = standing_of(one, at=present.at), history_of(one)
    rows = [(present.local(it.at), it.what, it.account, it.contract, it.reason) for it in became]
    until = f" until {present.local(now.kept_until)}" if now.state == "quarantined" else ""
    tell(
        asdict(now) | {"history": [asdict(it) for it in became]},
        as_json=as_json,
        table=table_of(["when", "what", "account", "contract", "reason"], rows),
        said=f"{now.kind} {now.value} is {now.state}{until}",
    )


@inventory.command(
    epilog=examples(
        'inventory release 447700900001 --reason "the family asks for it"',
        "inventory release 192.0.2.7 --kind ip --reason audited --json",
    )
)
def release(
    number: Value,
    reason: Annotated[str, typer.Option(help="Why it may be given out early.", show_default=False)],
    kind: Kind = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """End the quarantine of an identifier today, so that another account may have it."""
    from tallystick.domain.inventory.operations import release_identifier
    from tallystick.domain.inventory.queries import find_identifier

    if not reason.strip():
        raise typer.BadParameter("--reason is empty; say why it may be given out early")
    present = act_for(operator)
    with acting_for(present.tenant_id):
        one = find_identifier(spelled(kind, number), kind=kind)
        freed = release_identifier(one, reason=reason.strip(), today=present.today, at=present.at)
    tell(
        {
            "kind": one.kind,
            "value": one.value,
            "released_at": freed.released_at,
            "kept_until": freed.kept_until,
            "reason": freed.reason,
        },
        as_json=as_json,
        said=f"{one.kind} {one.value} is free from {present.today} on; its quarantine was until "
        f"{present.local(freed.kept_until)}",
    )


@inventory.command(
    epilog=examples(
        "inventory quarantine",
        "inventory quarantine --set msisdn=90 --set ip=1",
        "inventory quarantine --set ip=0 --json",
    )
)
def quarantine(
    days: Annotated[
        list[str] | None,
        typer.Option(
            "--set", parser=read_pair, metavar="KIND=DAYS", help="0 = none; say it again for each."
        ),
    ] = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Show or set for how many days each kind is kept from others when it is given back.

    What is in quarantine already stays as it is.
    """
    from tallystick.domain.inventory.operations import set_quarantine
    from tallystick.gates.cli.operator_file import QUARANTINE_DAYS_MAX, read_quarantine_days

    wanted = {}
    for kind, text in as_pairs(days):
        count = read_quarantine_days(text)
        if count is None:
            raise typer.BadParameter(
                f"{text!r} is no number of days up to {QUARANTINE_DAYS_MAX}; write --set {kind}=90"
            )
        wanted[kind] = count
    present = act_for(operator)
    kept = present.tenant.quarantine
    if wanted:
        with acting_for(present.tenant_id):
            kept = set_quarantine(wanted, tenant_id=present.tenant_id)
    said = "" if kept else "nothing is kept: what is given back may be given out at once"
    tell(
        {"quarantine": kept},
        as_json=as_json,
        table=table_of(["kind", "days"], sorted(kept.items())) if kept else None,
        said=said,
    )


def _tell_all(found: Sequence[Any], present: Present, *, as_json: bool) -> None:
    rows = [
        (
            one.kind,
            one.value,
            one.state,
            one.account,
            one.contract,
            present.local(one.since),
            present.local(one.given_back),
            present.local(one.kept_until) if one.state == "quarantined" else None,
        )
        for one in found
    ]
    names = ["kind", "value", "state", "account", "contract", "since", "given back", "kept until"]
    tell(
        {"identifiers": [asdict(one) for one in found]},
        as_json=as_json,
        table=table_of(names, rows),
        said="" if found else "there are none; contract start --identifier makes them",
    )
