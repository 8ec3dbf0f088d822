"""Operators: who there is, opening one from a file, moving a rehearsal clock."""

from pathlib import Path
from typing import Annotated

import typer

from tallystick.base.clock import WallClock
from tallystick.domain.tenants.scope import list_tenants
from tallystick.gates.cli.answers import examples, table_of, tell
from tallystick.gates.cli.asking import (
    AsJson,
    Operator,
    Present,
    act_for,
    present_at,
    read_day,
)

app = typer.Typer()
operator = typer.Typer(no_args_is_help=True, help="One operator: open, show, change it.")
app.add_typer(operator, name="operator")

OpeningFile = Annotated[Path, typer.Argument(metavar="FILE.yaml", show_default=False)]


@app.command("operators", epilog=examples("operators", "operators --json"))
def list_operators(as_json: AsJson = False) -> None:
    """List the operators of this installation."""
    present = [present_at(tenant_id) for tenant_id, _, _ in list_tenants()]
    rows = [
        (one.tenant.code, one.tenant.name, one.tenant.currency, one.tenant.clock, one.today)
        for one in present
    ]
    tell(
        {"operators": [_described(one) for one in present]},
        as_json=as_json,
        table=table_of(["code", "name", "currency", "clock", "today"], rows),
    )


@operator.command(
    "open", epilog=examples("operator open hedgerow.yaml", "operator open hedgerow.yaml --json")
)
def open_one(file: OpeningFile, as_json: AsJson = False) -> None:
    """Open an operator as a YAML file describes it, with its taxes and collection ladders."""
    opened = open_from_file(file)
    tell(
        {"operator": _described(opened)},
        as_json=as_json,
        said=f"opened operator {opened.tenant.code} ({opened.tenant.name}); today is "
        f"{opened.today}. Next: tallystick catalog publish FILE --from {opened.today}",
    )


@operator.command(
    epilog=examples(
        "operator clock --to 2026-02-01", "operator clock --operator larkspur --to 2026-02-01"
    )
)
def clock(
    to: Annotated[str, typer.Option("--to", help="The day, or an instant with its offset.")],
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Move a rehearsal operator's clock forward; a day means its first instant there."""
    from tallystick.domain.tenants.operations import move_clock
    from tallystick.gates.cli.operator_file import read_instant

    before = act_for(operator)
    instant = read_instant(to, zone=before.tenant.zone)
    if instant is None:
        read_day(to)
        raise AssertionError("a day is an instant")
    move_clock(tenant_id=before.tenant_id, to=instant)
    after = present_at(before.tenant_id)
    tell(
        {"operator": after.tenant.code, "before": before.at, "now": after.at},
        as_json=as_json,
        said=f"operator {after.tenant.code}: it was {before.today}, now it is {after.today}",
    )


def open_from_file(file: Path) -> Present:
    """Opens the operator that the file describes.

    :raises Refusal: when the file or a file that it names says what cannot be, or its code is taken
    """
    from tallystick.flows.acquire import open_operator, set_ladder
    from tallystick.gates.cli.operator_file import read_operator

    read = read_operator(file)
    tenant = open_operator(code=read.code, at=read.opened_at(WallClock().now()), **read.columns)
    for segment, text in read.ladders.items():
        set_ladder(tenant_id=tenant.id, segment=segment, text=text)
    return present_at(tenant.id)


def _described(one: Present) -> dict[str, object]:
    tenant = one.tenant
    return {
        "code": tenant.code,
        "name": tenant.name,
        "industry": tenant.industry,
        "country": tenant.country,
        "currency": tenant.currency,
        "zone": tenant.zone,
        "clock": tenant.clock,
        "now": one.at,
        "today": one.today,
    }
