"""Invoices taken back: void, or credited and billed again."""

from datetime import date
from typing import Annotated

import typer

from tallystick.gates.cli.answers import NOT_ALL_WELL, examples, money, moneys, tell
from tallystick.gates.cli.asking import AsJson, Day, Operator, act_for

Number = Annotated[str, typer.Argument(help="The invoice's number.", show_default=False)]
Reason = Annotated[str, typer.Option(help="Why; it stays with the invoice.")]
Rehearse = Annotated[bool, typer.Option("--rehearse", help="Say it; store nothing.")]


def join(invoice: typer.Typer) -> None:
    """Adds the commands to those of invoices."""
    invoice.command(
        epilog=examples(
            'invoice void INV-2026-000001 --reason "wrong tariff" --rehearse',
            'invoice void INV-2026-000001 --reason "wrong tariff"',
        )
    )(void)
    invoice.command(
        epilog=examples(
            'invoice rebill INV-2026-000001 --reason "wrong tariff" --rehearse',
            'invoice rebill INV-2026-000001 --reason "wrong tariff" --date 2026-02-03 --json',
        )
    )(rebill)


def void(
    number: Number,
    reason: Reason,
    rehearse: Rehearse = False,
    day: Day = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Void an invoice that nobody has seen or paid; the next bill run bills its cycle again.

    Its number stays, shown as void, and its entry in the books is reversed on that day.
    """
    from tallystick.flows.void import void_invoice

    present = act_for(operator)
    done = void_invoice(
        number,
        reason=reason,
        tenant_id=present.tenant_id,
        on=day or present.today,
        at=present.at,
        rehearse=rehearse,
    )
    total = money(done.total, done.currency)
    said = f"{number} of {total} {done.currency} for {done.account}"
    tell(
        {
            "number": number,
            "account": done.account,
            "currency": done.currency,
            "total": total,
            "stored": not rehearse,
        },
        as_json=as_json,
        said=f"{said} would be void; nothing was stored"
        if rehearse
        else f"{said} is void; bill its cycle again with: tallystick bill run",
    )


def rebill(
    number: Number,
    reason: Reason,
    rehearse: Rehearse = False,
    day: Day = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Take an invoice back and bill its cycle again: void where it may be, else by a credit note.

    A threshold bill or a charge at once is billed again at once. A rehearsal gives no numbers.
    Exit code 3 when the new bill waits for approval.
    """
    from tallystick.flows.void import rebill_invoice

    present = act_for(operator)
    on: date = day or present.today
    done = rebill_invoice(
        number, reason=reason, tenant_id=present.tenant_id, on=on, at=present.at, rehearse=rehearse
    )
    how = "void" if done.void else "credited"
    if not done.void and rehearse:
        how += " by the next number of the series"
    elif done.credit_note:
        how += f" by {done.credit_note}"
    totals = moneys(done.bill.totals)
    new = ", ".join(f"{total} {currency}" for currency, total in totals.items()) or "nothing"
    waits = ", which waits for approval" if done.bill.drafts else ""
    before = f"{money(done.total, done.currency)} {done.currency}"
    tell(
        {
            "number": number,
            "account": done.account,
            "taken_back": "void" if done.void else "credit_note",
            "credit_note": done.credit_note,
            "before": money(done.total, done.currency),
            "currency": done.currency,
            "billed": totals,
            "invoices": done.bill.invoices,
            "drafts": done.bill.drafts,
            "stored": not rehearse,
        },
        as_json=as_json,
        said=f"{number} would be {how} and {new} billed instead of {before}; nothing was stored"
        if rehearse
        else f"{number} is {how}; billed again: {new} instead of {before}{waits}",
    )
    raise typer.Exit(NOT_ALL_WELL if done.bill.drafts or done.bill.held else 0)
