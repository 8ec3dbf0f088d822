"""Money in and what is done about money that does not come."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from tallystick.base.money import plain
from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import (
    NOT_ALL_WELL,
    examples,
    money,
    progress_bar,
    table_of,
    tell,
)
from tallystick.gates.cli.asking import (
    AsJson,
    Day,
    Operator,
    act_for,
    one_of,
    read_amount,
    read_day,
    spread,
)

if TYPE_CHECKING:
    from tallystick.core.receive.exchange import Exchanged

app = typer.Typer()

SHOWN = 200
"""Steps of a collection run that a table shows."""

_METHODS = one_of("bank", "card", "cash", "direct_debit", "voucher")


@dataclass(frozen=True, slots=True)
class Paid:
    """What is known of a payment but its amount."""

    key: Annotated[
        str,
        typer.Option(
            help="The giver's own name for it; the same key again pays once.", show_default=False
        ),
    ]
    method: Annotated[
        str, typer.Option(parser=_METHODS, metavar="bank|card|cash|direct_debit|voucher")
    ] = "bank"
    reference: Annotated[str, typer.Option(help="Invoice numbers that it is for.")] = ""
    payer: Annotated[str, typer.Option(help="Who gave it.")] = ""
    currency: Annotated[
        str | None,
        typer.Option(help="Else the account's; another is exchanged at the day's rate."),
    ] = None
    day: Annotated[
        date | None,
        typer.Option("--date", parser=read_day, metavar="DAY", help="It came in; else today."),
    ] = None


@app.command(
    epilog=examples(
        "pay A-1001 41.94 --key bank-20260214-7 --reference INV-2026-000001",
        "pay A-1001 10.00 --key cash-17 --method cash --date 2026-02-14",
        "pay A-1001 45.40 --key bank-20260301-2 --currency USD",
    )
)
@spread
def pay(
    account: Annotated[str, typer.Argument(help="Who paid.", show_default=False)],
    amount: Annotated[
        Decimal, typer.Argument(parser=read_amount, metavar="AMOUNT", show_default=False)
    ],
    paid: Paid,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Record a payment, set it against invoices and restore what was cut off for their sake."""
    from tallystick.domain.parties.queries import account_numbered
    from tallystick.domain.payments.operations import Receipt
    from tallystick.flows.receive import receive_payment

    present = act_for(operator)
    with acting_for(present.tenant_id):
        currency = account_numbered(account).currency
    receipt = Receipt(
        key=paid.key,
        method=paid.method,
        amount=amount,
        currency=paid.currency or currency,
        received_on=paid.day or present.today,
        reference=paid.reference,
        payer=paid.payer,
    )
    report = receive_payment(receipt, tenant_id=present.tenant_id, account=account, at=present.at)
    allocations = [
        {"invoice": number, "amount": money(part, currency)} for number, part in report.allocations
    ]
    said = f"{money(amount, receipt.currency)} {receipt.currency} of {account} recorded"
    if report.exchanged:
        counts = money(report.exchanged.amount, currency)
        said += f"; it counts for {counts} {currency}"
    if report.repeated:
        said = f"the payment {paid.key} was recorded before; nothing was changed"
    elif report.credit:
        said += f", {money(report.credit, currency)} of it as credit"
    if report.restored:
        said += f"; restored: {', '.join(report.restored)}"
    tell(
        {
            "account": account,
            "key": paid.key,
            "amount": money(amount, receipt.currency),
            "currency": receipt.currency,
            "exchanged": _exchanged(report.exchanged, currency),
            "repeated": report.repeated,
            "allocations": allocations,
            "credit": money(report.credit, currency),
            "restored": list(report.restored),
        },
        as_json=as_json,
        table=table_of(["invoice", "paid"], [tuple(row.values()) for row in allocations])
        if allocations
        else None,
        said=said,
    )


def _exchanged(exchanged: "Exchanged | None", currency: str) -> dict[str, object] | None:
    """How foreign money was exchanged, for scripts."""
    if exchanged is None:
        return None
    return {
        "counts_for": money(exchanged.amount, currency),
        "worth": money(exchanged.worth, currency),
        "difference": money(exchanged.difference, currency),
        "currency": currency,
        "parts": [
            {
                "given": money(part.given, exchanged.given_currency),
                "counts_for": money(part.amount, currency),
                "rate": plain(part.way.rate),
                "by": part.way.said,
            }
            for part in exchanged.parts
        ],
    }


@app.command(epilog=examples("collect --date 2026-03-01", "collect --operator larkspur --json"))
def collect(day: Day = None, operator: Operator = None, as_json: AsJson = False) -> None:
    """Take every late account the steps that its ladder says on that day.

    Exit code 3 when late accounts have no ladder for their segment.
    """
    from tallystick.flows.recover import collect as collect_late

    present = act_for(operator)
    on = day or present.today
    with progress_bar() as progress:
        report = collect_late(tenant_id=present.tenant_id, on=on, at=present.at, progress=progress)
    columns = ["account", "step", "action", "overdue", "days"]
    rows = [
        (step.account, step.step, step.action, step.overdue, step.days) for step in report.steps
    ]
    without = list(report.without_ladder)
    said = f"{on}: {report.late} accounts are late, {len(rows)} steps were taken"
    if report.interest:
        said += f", {report.interest} are charged interest"
    if len(rows) > SHOWN:
        said += f"; the first {SHOWN} are shown, all with --json"
    if without:
        said += f"; no ladder for the segment of {', '.join(without)}"
    tell(
        {
            "date": on,
            "late": report.late,
            "steps": [dict(zip(columns, row, strict=True)) for row in rows],
            "interest": report.interest,
            "without_ladder": without,
        },
        as_json=as_json,
        table=table_of(columns, rows[:SHOWN]) if rows else None,
        said=said,
    )
    raise typer.Exit(NOT_ALL_WELL if without else 0)
