"""Deposits: money held as a security, until it pays the last bills."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import examples, money, table_of, tell
from tallystick.gates.cli.asking import AsJson, Day, Operator, act_for, read_amount

if TYPE_CHECKING:
    from tallystick.flows.deposits import DepositEnded

app = typer.Typer()
deposit = typer.Typer(no_args_is_help=True, help="Deposits: hold, end, list them.")
app.add_typer(deposit, name="deposit")

Number = Annotated[str, typer.Argument(help="The account's number.", show_default=False)]


@deposit.command(
    epilog=examples(
        "deposit hold A-1001 100.00 --key cash-20260214-1",
        "deposit hold A-1001 100.00 --key cash-20260214-1 --interest 2.5 --json",
    )
)
def hold(
    account: Number,
    amount: Annotated[
        Decimal, typer.Argument(parser=read_amount, metavar="AMOUNT", show_default=False)
    ],
    key: Annotated[str, typer.Option(help="The giver's own name for it; the same again is one.")],
    interest: Annotated[
        Decimal | None,
        typer.Option(parser=read_amount, metavar="PERCENT", help="A year, by the day; else none."),
    ] = None,
    day: Day = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Take money as a security; it stays the customer's."""
    from tallystick.domain.parties.queries import account_numbered
    from tallystick.domain.payments.operations import Receipt
    from tallystick.flows.deposits import hold_deposit

    rate = interest or Decimal(0)
    if not 0 <= rate <= 100:
        raise typer.BadParameter(f"--interest {interest} is not within 0 and 100 percent a year")
    present = act_for(operator)
    with acting_for(present.tenant_id):
        currency = account_numbered(account).currency
    receipt = Receipt(key, "cash", amount, currency, day or present.today)
    held = hold_deposit(
        receipt, rate=rate, tenant_id=present.tenant_id, account=account, at=present.at
    )
    tell(
        {
            "account": account,
            "key": held.key,
            "amount": money(held.amount, currency),
            "interest": str(held.rate),
            "held_on": held.held_on,
        },
        as_json=as_json,
        said=f"{money(held.amount, currency)} {currency} are held for {account} "
        f"from {held.held_on} on",
    )


@deposit.command(
    epilog=examples("deposit end A-1001", "deposit end A-1001 --date 2026-12-01 --json")
)
def end(
    account: Number, day: Day = None, operator: Operator = None, as_json: AsJson = False
) -> None:
    """End an account's deposits: with interest they pay what it owes, the rest is credit."""
    from tallystick.flows.deposits import end_deposits

    present = act_for(operator)
    ended = end_deposits(
        account, tenant_id=present.tenant_id, on=day or present.today, at=present.at
    )
    _tell_ended(ended, as_json=as_json)


@deposit.command(epilog=examples("deposit run", "deposit run --date 2026-12-01 --json"))
def run(day: Day = None, operator: Operator = None, as_json: AsJson = False) -> None:
    """End the deposits of accounts whose contracts have all had their last bill."""
    from tallystick.flows.deposits import end_deposits_of_the_gone

    present = act_for(operator)
    ended = end_deposits_of_the_gone(
        tenant_id=present.tenant_id, on=day or present.today, at=present.at
    )
    _tell_ended(ended, as_json=as_json)


def _tell_ended(ended: tuple["DepositEnded", ...], *, as_json: bool) -> None:
    told = [
        {
            "account": one.account,
            "amount": money(one.amount, one.currency),
            "interest": money(one.interest, one.currency),
            "currency": one.currency,
        }
        for one in ended
    ]
    columns = ["account", "amount", "interest", "currency"]
    tell(
        {"ended": told},
        as_json=as_json,
        table=table_of(columns, [[row[name] for name in columns] for row in told]),
        said=f"{len(told)} deposits ended",
    )


@deposit.command("list", epilog=examples("deposit list", "deposit list --json"))
def show(operator: Operator = None, as_json: AsJson = False) -> None:
    """List the deposits that are held."""
    from tallystick.domain.payments.models import Deposit

    present = act_for(operator)
    with acting_for(present.tenant_id):
        held = list(
            Deposit.objects.filter(ended_on__isnull=True)
            .select_related("account")
            .order_by("held_on", "id")
        )
    rows: list[tuple[str, str, str, str, date]] = [
        (one.account.number, money(one.amount, one.currency), one.currency, str(one.rate),
         one.held_on)
        for one in held
    ]  # fmt: skip
    columns = ["account", "amount", "currency", "interest", "held on"]
    tell(
        {"deposits": [dict(zip(columns, row, strict=True)) for row in rows]},
        as_json=as_json,
        table=table_of(columns, rows),
        said=f"{len(rows)} deposits are held",
    )
