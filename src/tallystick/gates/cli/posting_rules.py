"""Posting rules: the operator's own chart of accounts, and where facts are booked in it."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import examples, table_of, tell
from tallystick.gates.cli.asking import AsJson, Day, Operator, act_for, read_day, read_text

rules = typer.Typer(
    no_args_is_help=True, help="Posting rules: your own chart of accounts, as text with versions."
)

File = Annotated[Path, typer.Argument(metavar="FILE.yaml", show_default=False)]


@rules.command(
    epilog=examples("ledger rules check skr03.yaml", "ledger rules check skr03.yaml --json")
)
def check(file: File, as_json: AsJson = False) -> None:
    """Read posting rules and tell every mistake at once; nothing is stored."""
    from tallystick.core.post.own_chart import read_own_chart

    chart = read_own_chart(read_text(file), name=file.name)
    tell(
        {"accounts": len(chart.accounts), "rules": chart.rules},
        as_json=as_json,
        said=f"{file.name}: {len(chart.accounts)} accounts, {chart.rules} rules, nothing wrong",
    )


@rules.command(
    epilog=examples(
        "ledger rules publish skr03.yaml --from 2026-02-01",
        "ledger rules publish skr03.yaml --from 2026-02-01 --json",
    )
)
def publish(
    file: File,
    starts: Annotated[
        date | None,
        typer.Option("--from", parser=read_day, metavar="DAY", help="First day; else today."),
    ] = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Publish posting rules for what occurs from a day on; what is posted already stays."""
    from tallystick.domain.ledger.own_chart import publish_rules

    present = act_for(operator)
    with acting_for(present.tenant_id):
        done = publish_rules(
            read_text(file),
            name=file.name,
            tenant_id=present.tenant_id,
            valid_from=starts or present.today,
            at=present.at,
        )
    stays = f"; {done.entries} entries of those days stay as they are" if done.entries else ""
    tell(
        {"version": done.version, "valid_from": done.valid_from, "entries_before": done.entries},
        as_json=as_json,
        said=f"posting rules {done.version} hold from {done.valid_from}{stays}",
    )


@rules.command(epilog=examples("ledger rules show", "ledger rules show --date 2026-02-01 --json"))
def show(day: Day = None, operator: Operator = None, as_json: AsJson = False) -> None:
    """Show where each standard account is booked on a day, and by which version."""
    from tallystick.core.post.chart import CHART
    from tallystick.core.post.own_chart import read_own_chart
    from tallystick.core.post.own_details import say_key
    from tallystick.domain.ledger.chart_rules import rules_on

    present = act_for(operator)
    on = day or present.today
    with acting_for(present.tenant_id):
        found = rules_on(on)
    if found is None:
        rows = [("", one.code, one.name, "", one.code, one.name) for one in CHART.values()]
    else:
        chart = read_own_chart(found.text, name=found.name)
        names = {one.code: one.name for one in chart.accounts}
        standard = {one.code: one.name for one in CHART.values()}
        rows = [
            (str(fact or ""), code, standard[code], say_key(code, key=key), own, names[own])
            for (fact, code, key), own in chart.told.items()
        ]
        rows += [
            (str(fact or ""), code, standard.get(code, code), "", own, names[own])
            for (fact, code), own in chart.places.items()
        ]
        rows += [
            (str(fact or ""), "", "any other revenue", "", own, names[own])
            for fact, own in chart.revenue_else.items()
        ]
    columns = ["fact", "standard", "name", "of", "booked on", "own name"]
    tell(
        {
            "on": on,
            "rules": found.name if found else None,
            "valid_from": found.valid_from if found else None,
            "text": found.text if found else None,
            "places": [dict(zip(columns, row, strict=True)) for row in rows],
        },
        as_json=as_json,
        table=table_of(columns, rows),
        said=f"{found.name}, from {found.valid_from} on"
        if found
        else "no rules are published: everything is booked on the standard chart",
    )
