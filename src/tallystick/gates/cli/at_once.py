"""Invoices within a cycle: usage above a threshold, and single charges."""

from dataclasses import dataclass
from decimal import Decimal
from secrets import token_hex
from typing import Annotated

import typer

from tallystick.gates.cli.answers import examples, money, moneys, progress_bar, table_of, tell
from tallystick.gates.cli.asking import AsJson, Day, Operator, act_for, read_amount, spread

Rehearse = Annotated[bool, typer.Option("--rehearse", help="Say it; store nothing.")]


def join(*, bill: typer.Typer, invoice: typer.Typer, account: typer.Typer) -> None:
    """Adds the commands to those of bill runs, invoices and accounts."""
    bill.command(epilog=examples("bill threshold --rehearse", "bill threshold --json"))(threshold)
    invoice.command(
        "once",
        epilog=examples(
            'invoice once A-1001 --amount 80.00 --text "Survey of the site" --rehearse',
            'invoice once A-1001 --amount 80.00 --text "Survey of the site" --key survey-1',
        ),
    )(charge_once)
    account.command(
        epilog=examples("account bill-over A-1001 500", "account bill-over A-1001 never --json")
    )(bill_over)


def threshold(
    rehearse: Rehearse = False,
    day: Day = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Bill usage of running cycles at once to whose unbilled usage reaches their threshold.

    Charge usage first (tallystick rate). An account has one such bill a day at most; the bill of
    its cycle has the rest.
    """
    from tallystick.flows.bill_now import bill_over_threshold

    present = act_for(operator)
    with progress_bar() as progress:
        billed = bill_over_threshold(
            tenant_id=present.tenant_id,
            on=day or present.today,
            at=present.at,
            rehearse=rehearse,
            progress=progress,
        )
    told = [
        {
            "account": one.account,
            "invoices": list(one.invoices),
            "currency": one.currency,
            "total": money(one.total, one.currency),
        }
        for one in billed
    ]
    totals: dict[str, Decimal] = {}
    for one in billed:
        totals[one.currency] = totals.get(one.currency, Decimal(0)) + one.total
    sums = ", ".join(f"{total} {code}" for code, total in sorted(moneys(totals).items()))
    rows = [
        (one["account"], ", ".join(one["invoices"]), one["currency"], one["total"]) for one in told
    ]
    said = f"{len(told)} accounts {'would be' if rehearse else 'are'} billed within their cycle"
    said += f", {sums}" if sums else ""
    tell(
        {"billed": told, "totals": moneys(totals), "stored": not rehearse},
        as_json=as_json,
        table=table_of(["account", "invoices", "currency", "total"], rows) if rows else None,
        said=said + ("; nothing was stored" if rehearse else ""),
    )


@dataclass(frozen=True, slots=True)
class Single:
    """What is charged."""

    amount: Annotated[
        str, typer.Option(metavar="AMOUNT", help="Before tax, or with it where prices include it.")
    ]
    text: Annotated[str, typer.Option(help="What the invoice says.")]
    tax_category: Annotated[str, typer.Option(help="Of the tax table.")] = "standard"
    revenue_account: Annotated[str, typer.Option(help="Where it is earned.")] = "4000"
    key: Annotated[
        str | None, typer.Option(help="Told again with the same key it is the same charge.")
    ] = None


@spread
def charge_once(
    account: Annotated[str, typer.Argument(help="Who is charged.", show_default=False)],
    what: Single,
    rehearse: Rehearse = False,
    day: Day = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Charge an account now, by an invoice of its own, outside its cycle."""
    from tallystick.flows.bill_now import Charge, bill_charge

    present = act_for(operator)
    charge = Charge(
        account=account,
        key=what.key or f"once-{token_hex(8)}",
        description=what.text,
        amount=read_amount(what.amount),
        tax_category=what.tax_category,
        revenue_account=what.revenue_account,
    )
    done = bill_charge(
        charge,
        tenant_id=present.tenant_id,
        on=day or present.today,
        at=present.at,
        rehearse=rehearse,
    )
    total = money(done.total, done.currency)
    tell(
        {
            "account": account,
            "payer": done.account,
            "invoices": list(done.invoices),
            "currency": done.currency,
            "total": total,
            "key": charge.key,
            "stored": not rehearse,
        },
        as_json=as_json,
        said=f"{done.account} would be charged {total} {done.currency}; nothing was stored"
        if rehearse
        else f"{', '.join(done.invoices)}: {total} {done.currency} for {done.account}",
    )


def bill_over(
    number: Annotated[str, typer.Argument(help="The account's number.", show_default=False)],
    amount: Annotated[
        str, typer.Argument(metavar="AMOUNT|never|rules", help="Or as the rules say for all.")
    ],
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Say how much unbilled usage of an account is billed at once, within its cycle."""
    from tallystick.flows.pay_for import bill_account_over

    present = act_for(operator)
    chosen = {"never": Decimal(0), "rules": None}.get(amount, Decimal(-1))
    if chosen == -1:
        chosen = read_amount(amount)
    bill_account_over(number, amount=chosen, tenant_id=present.tenant_id)
    how = {"never": "never within its cycle", "rules": "as the rules say for all"}
    tell(
        {"account": number, "bill_over": chosen},
        as_json=as_json,
        said=f"usage of account {number} is billed "
        + how.get(amount, f"at once when {amount} is unbilled; see: tallystick bill threshold"),
    )
