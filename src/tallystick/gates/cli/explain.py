"""Why a charge is what it is: rated lines as steps that a customer can read."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from tallystick.base.money import plain
from tallystick.base.period import day_start
from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import examples, tell
from tallystick.gates.cli.asking import AsJson, Operator, Present, Rows, act_for, read_day, spread

if TYPE_CHECKING:
    from tallystick.domain.usage.queries import RatedEvent

app = typer.Typer()


@dataclass(frozen=True, slots=True)
class What:
    """The charges to explain: those of an invoice, of one event, or of an account in a time."""

    invoice: Annotated[str | None, typer.Option(help="An invoice's number.")] = None
    line: Annotated[int | None, typer.Option(min=1, help="Only this line of it.")] = None
    usage: Annotated[int | None, typer.Option(help="The id of one event.")] = None
    account: Annotated[str | None, typer.Option(help="An account's number.")] = None
    since: Annotated[
        date | None, typer.Option("--from", parser=read_day, metavar="DAY", help="The first day.")
    ] = None
    until: Annotated[
        date | None, typer.Option("--to", parser=read_day, metavar="DAY", help="The last day.")
    ] = None


@app.command(
    epilog=examples(
        "explain --invoice INV-2026-000001 --line 3",
        "explain --account A-1001 --from 2026-01-01 --to 2026-01-31",
        "explain --usage 4711 --account A-1001 --json",
    )
)
@spread
def explain(
    what: What, limit: Rows = 50, operator: Operator = None, as_json: AsJson = False
) -> None:
    """Explain rated charges step by step, from the rated lines themselves."""
    if what.invoice is None and what.usage is None and what.account is None:
        raise typer.BadParameter("say --invoice NUMBER, --usage ID or --account NUMBER")
    present = act_for(operator)
    with acting_for(present.tenant_id):
        if what.invoice is not None:
            told = _of_invoice(what, limit=limit)
        else:
            told = [{"events": _explained(_events_of(what, present, limit=limit))}]
    tell({"explained": told}, as_json=as_json, said="\n".join(_in_words(told)))


def _of_invoice(what: What, *, limit: int) -> list[dict[str, Any]]:
    """Each line of the invoice, the usage lines with the events behind them."""
    from tallystick.domain.invoices.history import lines_of
    from tallystick.domain.invoices.queries import invoice_numbered
    from tallystick.flows.document import events_of_line, is_usage
    from tallystick.flows.why import why_adjusted, why_priced

    assert what.invoice is not None
    lines = lines_of(invoice_numbered(what.invoice))
    wanted = [line for line in lines if what.line in (None, line.line_no)]
    if not wanted:
        raise typer.BadParameter(f"{what.invoice} has lines 1 to {len(lines)}, not {what.line}")
    told = []
    for line in wanted:
        events = []
        if is_usage(line):
            events = events_of_line(line, limit=limit, usage_id=what.usage)
        told.append(
            {
                "line": line.line_no,
                "description": line.description,
                "period": [line.period_from, line.period_to],
                "price": _price(line),
                "exact": line.exact,
                "net": line.net,
                "events": _explained(events),
                "why": [*why_priced(line), *why_adjusted(line)],
            }
        )
    return told


def _events_of(what: What, present: Present, *, limit: int) -> "list[RatedEvent]":
    from tallystick.domain.parties.queries import account_numbered
    from tallystick.domain.usage.queries import rated_between

    account = account_numbered(what.account) if what.account else None
    zone = ZoneInfo(account.zone if account else present.tenant.zone)
    return rated_between(
        account_id=account.id if account else None,
        usage_id=what.usage,
        since=day_start(what.since, zone) if what.since else None,
        until=day_start(what.until + timedelta(days=1), zone) if what.until else None,
        count=limit,
    )


def _explained(events: "Sequence[RatedEvent]") -> list[dict[str, Any]]:
    from tallystick.core.charge.explain import explain_line
    from tallystick.domain.catalog.queries import plans_by_version

    plans = plans_by_version()
    return [
        {
            "usage": event.usage_id,
            "at": event.started_at,
            "kind": event.kind,
            "called": event.called,
            "component": plans[event.version_id].components[event.component_id].code,
            "amount": event.amount,
            "steps": explain_line(asdict(event), plan=plans[event.version_id]),
        }
        for event in events
    ]


def _in_words(told: Sequence[dict[str, Any]]) -> list[str]:
    words = []
    for part in told:
        if "line" in part:
            since, until = part["period"]
            words.append(
                f"{part['line']}. {part['description']}, {since} to {until - timedelta(days=1)}: "
                f"{part['price']} = {plain(part['exact'])} -> {plain(part['net'])}"
            )
            words += [f"   {sentence}" for sentence in part["why"]]
        for event in part["events"]:
            at = event["at"].isoformat(sep=" ", timespec="seconds")
            words.append(f"   usage {event['usage']} {at} {event['kind']}, {event['component']}")
            words += [f"      {step}" for step in event["steps"]]
    return words or ["nothing was rated there"]


def _price(line: Any) -> str:
    counted = f"{plain(line.quantity)} {line.unit}"
    if line.unit_price is None:
        return f"{counted}, each event at its own price"
    return f"{counted} at {plain(line.unit_price)} per {plain(line.per)}"
