"""Bills that wait for a person: the rules that hold them; approve, reject, draw up again."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import (
    NOT_ALL_WELL,
    examples,
    money,
    moneys,
    progress_bar,
    table_of,
    tell,
)
from tallystick.gates.cli.asking import AsJson, Operator, act_for, read_amount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tallystick.domain.invoices.models import BillDraft, BillRules
    from tallystick.flows.home_tax import LackingRate

Accounts = Annotated[list[str], typer.Argument(help="Who would pay.", show_default=False)]
Over = Annotated[
    str | None,
    typer.Option(metavar="AMOUNT|none", help="Hold bills above it; none = whatever they are."),
]
Off = Annotated[
    str | None,
    typer.Option(metavar="PERCENT|none", help="Hold bills further than this from the last."),
]
OnNew = Annotated[
    bool | None, typer.Option("--hold-new/--issue-new", help="Hold an account's first bill.")
]
VoidSent = Annotated[
    bool | None,
    typer.Option("--void-sent/--keep-sent", help="Whether your law lets you void what was sent."),
]

BillOver = Annotated[
    str | None,
    typer.Option(metavar="AMOUNT|none", help="Bill usage at once when so much is unbilled."),
]


def join(bill: typer.Typer) -> None:
    """Adds the commands to those of bill runs."""
    bill.command(
        epilog=examples(
            "bill rules",
            "bill rules --hold-over 5000 --hold-off 20",
            "bill rules --void-sent --json",
        )
    )(rules)
    bill.command("drafts", epilog=examples("bill drafts", "bill drafts --json"))(list_waiting)
    bill.command("draft", epilog=examples("bill draft A-1001", "bill draft A-1001 --json"))(show)
    bill.command(
        epilog=examples(
            "bill approve A-1001", "bill approve --all --rehearse", "bill approve --all"
        )
    )(approve)
    bill.command(
        epilog=examples('bill reject A-1001 --reason "wrong tariff"',
                        'bill reject A-1001 A-1002 --reason "meter to be read" --json')
    )(reject)  # fmt: skip
    bill.command(epilog=examples("bill redo A-1001", "bill redo A-1001 A-1002 --json"))(redo)


def rules(
    hold_over: Over = None,
    hold_off: Off = None,
    new: OnNew = None,
    void_sent: VoidSent = None,
    bill_over: BillOver = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Say or show what bill runs hold by themselves, what may be void, what is billed at once.

    --bill-over is for accounts that say nothing else: see tallystick account bill-over.
    """
    from tallystick.domain.invoices.drafts import Waits, rules_of, set_rules

    present = act_for(operator)
    with acting_for(present.tenant_id):
        found = rules_of(present.tenant)
        if any(one is not None for one in (hold_over, hold_off, new, void_sent, bill_over)):
            waits = Waits(
                over=found.hold_over if hold_over is None else _amount(hold_over),
                off_percent=found.hold_off_percent if hold_off is None else _percent(hold_off),
                new=found.hold_new if new is None else new,
                void_sent=found.void_sent if void_sent is None else void_sent,
                bill_over=found.bill_over if bill_over is None else _amount(bill_over),
            )
            found = set_rules(waits, tenant_id=present.tenant_id)
    told = {
        "hold_over": found.hold_over,
        "hold_off_percent": found.hold_off_percent,
        "hold_new": found.hold_new,
        "void_sent": found.void_sent,
        "bill_over": found.bill_over,
    }
    tell(told, as_json=as_json, said=_in_words(found))


def _amount(text: str) -> Decimal | None:
    return None if text == "none" else read_amount(text)


def _percent(text: str) -> int | None:
    if text == "none":
        return None
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 10_000:
        raise typer.BadParameter(f"{text!r} is not a percentage; write it as 20, or none")
    return int(text)


def _in_words(rules: "BillRules") -> str:
    held = []
    if rules.hold_over is not None:
        held.append(f"bills above {rules.hold_over}")
    if rules.hold_off_percent is not None:
        held.append(f"bills more than {rules.hold_off_percent} % from the last one")
    if rules.hold_new:
        held.append("an account's first bill")
    kept = "may be void" if rules.void_sent else "is credited, never void"
    sooner = "" if rules.bill_over is None else f"; usage of {rules.bill_over} is billed at once"
    said = f"held for approval: {', '.join(held) or 'nothing'}; an invoice that was sent {kept}"
    return said + sooner


def list_waiting(operator: Operator = None, as_json: AsJson = False) -> None:
    """List the bills that wait for approval, the largest first, and why each waits."""
    from tallystick.domain.invoices.drafts import list_drafts
    from tallystick.flows.home_tax import lacking_of_waiting

    present = act_for(operator)
    with acting_for(present.tenant_id):
        found = list_drafts()
        lacking = lacking_of_waiting(found, tenant=present.tenant)
        told = [_row(one) for one in found]
    said = lacking_said(lacking).removeprefix("\n") if told else "no bill waits for approval"
    _tell_drafts(told, as_json=as_json, said=said, more={"lacking_rates": lacking_told(lacking)})


def show(
    account: Annotated[str, typer.Argument(help="Who would pay.", show_default=False)],
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Show the lines of a bill that waits."""
    from tallystick.domain.invoices.drafts import drafts_of_account, lines_of_draft
    from tallystick.domain.parties.queries import account_numbered

    present = act_for(operator)
    with acting_for(present.tenant_id):
        found = drafts_of_account(account_numbered(account).id, number=account)
        told = [
            {
                **_row(one),
                "lines": [
                    {
                        "contract": line.contract.number,
                        "description": line.description,
                        "period_from": line.period_from,
                        "period_to": line.period_to,
                        "quantity": line.quantity,
                        "unit": line.unit,
                        "net": money(line.net, one.currency),
                    }
                    for line in lines_of_draft(one)
                ],
            }
            for one in found
        ]
    columns = ["contract", "description", "period_from", "period_to", "quantity", "unit", "net"]
    rows = [[line[name] for name in columns] for one in told for line in one["lines"]]
    said = "; ".join(
        f"{one['account']} would pay {one['total']} {one['currency']}, {one['state']}: {one['why']}"
        for one in told
    )
    tell({"drafts": told}, as_json=as_json, table=table_of(columns, rows), said=said)


def approve(
    accounts: Annotated[
        list[str] | None, typer.Argument(help="Who would pay.", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that wait.")] = False,
    rehearse: Annotated[bool, typer.Option("--rehearse", help="Say it; issue nothing.")] = False,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Approve bills that wait: they get their numbers and are issued at once.

    A bill that is no longer as it was shown waits again, and exit code 3 says so.
    """
    from tallystick.flows.approve import approve_bills

    if bool(accounts) == everything:
        raise typer.BadParameter("name accounts, or say --all")
    present = act_for(operator)
    with progress_bar() as progress:
        done = approve_bills(
            accounts or None,
            tenant_id=present.tenant_id,
            at=present.at,
            rehearse=rehearse,
            progress=progress,
        )
    told = [_row(one) for one in done.approved]
    issued = sum(report.invoices for report in done.reports)
    again = sum(report.drafts for report in done.reports)
    totals: dict[str, Decimal] = {}
    for report in done.reports:
        for currency, total in report.totals.items():
            totals[currency] = totals.get(currency, Decimal(0)) + total
    sums = ", ".join(f"{total} {currency}" for currency, total in sorted(moneys(totals).items()))
    said = f"issued {issued} invoices{f' of {sums}' if sums else ''}"
    said += f"; {again} changed since and wait again" if again else ""
    said += gone_said([number for report in done.reports for number in report.dropped])
    lacking = [one for report in done.reports for one in report.lacking_rates]
    said += lacking_said(lacking)
    if rehearse:
        said = f"{len(told)} bills would be issued; nothing was stored"
    tell(
        {
            "approved": told,
            "invoices": issued,
            "totals": moneys(totals),
            "waiting_again": again,
            "lacking_rates": lacking_told(lacking),
        },
        as_json=as_json,
        said=said,
    )
    raise typer.Exit(NOT_ALL_WELL if again else 0)


def reject(
    accounts: Accounts,
    reason: Annotated[str, typer.Option(help="Why; whoever mends it reads this.")],
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Reject bills that wait: they are not issued until they are drawn up again."""
    from tallystick.flows.approve import reject_bills

    present = act_for(operator)
    found = reject_bills(accounts, reason=reason, tenant_id=present.tenant_id, at=present.at)
    numbers = [one.account.number for one in found]
    tell(
        {"rejected": numbers, "reason": reason},
        as_json=as_json,
        said=f"rejected {', '.join(numbers)}; when it is mended: tallystick bill redo "
        + " ".join(numbers),
    )


def redo(accounts: Accounts, operator: Operator = None, as_json: AsJson = False) -> None:
    """Draw bills that wait up again, as things stand now; they wait for approval as before."""
    from tallystick.flows.approve import redo_bills

    present = act_for(operator)
    found = redo_bills(accounts, tenant_id=present.tenant_id, at=present.at)
    numbers = {one.account.number for one in found}
    gone = [one for one in dict.fromkeys(accounts) if one not in numbers]
    said = gone_said(gone).removeprefix("; ")
    _tell_drafts([_row(one) for one in found], as_json=as_json, said=said, more={"dropped": gone})


def gone_said(dropped: "Sequence[str]") -> str:
    """What is said of drafts that a run has taken away."""
    if not dropped:
        return ""
    return f"; nothing is left to bill of {', '.join(dropped)}, which no longer waits"


def lacking_said(rates: "Sequence[LackingRate]") -> str:
    """What is said of invoices that lack a rate for their tax, on lines of its own."""
    return "".join(f"\n{one.sentence()}" for one in rates)


def lacking_told(rates: "Sequence[LackingRate]") -> list[dict[str, Any]]:
    """The same for scripts."""
    return [
        {"date": one.on, "currency": one.currency, "into": one.home, "invoices": one.invoices,
         "command": one.command}
        for one in rates
    ]  # fmt: skip


def _row(one: "BillDraft") -> dict[str, Any]:
    from tallystick.domain.invoices.drafts import is_spent

    return {
        "account": one.account.number,
        "name": one.account.party.name,
        "bill_date": one.bill_date,
        "currency": one.currency,
        "invoices": one.invoices,
        "total": money(one.total, one.currency),
        "before": None if one.before is None else money(one.before, one.currency),
        "state": one.state,
        "cause": one.cause,
        "why": SPENT.format(one.account.number) if is_spent(one) else one.reason or WHY[one.cause],
    }


SPENT = "nothing is left to bill; take it off: tallystick bill redo {}"
WHY = {
    "asked": "the run was held",
    "over": "above the amount of the rules",
    "off": "far from the last bill",
    "new": "the first bill",
    "changed": "not what was approved",
}


def _tell_drafts(
    told: "Sequence[dict[str, Any]]",
    *,
    as_json: bool,
    said: str = "",
    more: dict[str, Any] | None = None,
) -> None:
    columns = ["account", "name", "bill_date", "currency", "total", "before", "state", "why"]
    rows = [[row[name] for name in columns] for row in told]
    tell(
        {"drafts": list(told), **(more or {})},
        as_json=as_json,
        table=table_of(columns, rows) if rows else None,
        said=said,
    )
