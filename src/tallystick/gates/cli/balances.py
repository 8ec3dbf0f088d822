"""Balances of prepaid customers, and the vouchers that fill them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

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
    Rows,
    act_for,
    one_of,
    read_amount,
    read_day,
    read_signed,
    read_unit,
    spread,
)

if TYPE_CHECKING:
    from tallystick.flows.balances import Filled

app = typer.Typer()
balance = typer.Typer(no_args_is_help=True, help="What prepaid customers have, and its history.")
app.add_typer(balance, name="balance")

Account = Annotated[str, typer.Argument(help="The account's number.", show_default=False)]
Amount = Annotated[
    Decimal, typer.Argument(parser=read_amount, metavar="AMOUNT", show_default=False)
]
Key = Annotated[
    str, typer.Option("--key", help="Your own name for it; it counts once.", show_default=False)
]
_MODES = one_of("prepaid", "postpaid", "hybrid")
_AMOUNT: Any = {"parser": read_amount, "metavar": "AMOUNT"}


def evening_of(day: date, *, zone: str) -> datetime:
    """The end of that day."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))


@balance.command(epilog=examples("balance show A-1001", "balance show A-1001 --json"))
def show(account: Account, operator: Operator = None, as_json: AsJson = False) -> None:
    """Show what an account has: its money, its buckets, how it pays."""
    from tallystick.domain.balances.queries import buckets_of, money_left, terms_of
    from tallystick.domain.parties.queries import account_numbered

    present = act_for(operator)
    with acting_for(present.tenant_id):
        holder = account_numbered(account)
        terms, buckets = terms_of(holder.id), buckets_of(holder.id)
        left = money_left(holder.id, currency=holder.currency)
    columns = ["bucket", "origin", "unit", "remaining", "reserved", "priority", "kinds", "valid_to"]
    rows = [
        (b.id, b.origin, b.unit, b.remaining, b.reserved, b.priority,
         None if b.kinds is None else " ".join(b.kinds), b.valid_to)
        for b in buckets
    ]  # fmt: skip
    mode = terms.mode if terms else "postpaid"
    limit = terms.credit_limit if terms else Decimal(0)
    tell(
        {
            "account": account,
            "mode": mode,
            "currency": holder.currency,
            "money": left,
            "credit_limit": limit,
            "buckets": [dict(zip(columns, row, strict=True)) for row in rows],
        },
        as_json=as_json,
        table=table_of(columns, rows) if rows else None,
        said=f"{account} ({mode}) has {plain(left)} {holder.currency}"
        + (f", credit to {plain(limit)}" if limit else ""),
    )


@balance.command(epilog=examples("balance history A-1001", "balance history A-1001 --bucket 12"))
def history(
    account: Account,
    operator: Operator = None,
    bucket: Annotated[int | None, typer.Option(help="Only this one, as `show` names it.")] = None,
    limit: Rows = 50,
    as_json: AsJson = False,
) -> None:
    """Show every change of an account's buckets, the latest first.

    `left` is what the bucket held after it: the sum of all that moved until then.
    """
    from tallystick.domain.balances.queries import movements_of
    from tallystick.domain.parties.queries import account_numbered

    present = act_for(operator)
    with acting_for(present.tenant_id):
        moved = movements_of(account_numbered(account).id, count=limit, bucket_id=bucket)
    columns = ["at", "bucket", "kind", "quantity", "left", "unit", "key", "reason"]
    rows = [
        (m.occurred_at, m.bucket_id, m.kind, m.quantity, m.left, m.bucket.unit, m.source_key,
         m.reason)
        for m in moved
    ]  # fmt: skip
    tell(
        {"account": account, "movements": [dict(zip(columns, row, strict=True)) for row in rows]},
        as_json=as_json,
        table=table_of(columns, rows) if rows else None,
        said=""
        if rows
        else f"{account}: nothing has moved" + (f" in bucket {bucket}" if bucket else ""),
    )


@dataclass(frozen=True, slots=True)
class Agreed:
    """How an account pays; what is not said stays as it is."""

    mode: Annotated[str | None, typer.Option(parser=_MODES, metavar="MODE")] = None
    credit_limit: Annotated[
        Decimal | None, typer.Option(help="How far below zero it may go.", **_AMOUNT)
    ] = None
    low_balance: Annotated[
        Decimal | None, typer.Option(help="Told when its money falls below.", **_AMOUNT)
    ] = None
    top_up_amount: Annotated[
        Decimal | None, typer.Option(help="Asked of its card when the balance is low.", **_AMOUNT)
    ] = None
    top_up_daily_max: Annotated[
        Decimal | None, typer.Option(help="At most so much asked a day.", **_AMOUNT)
    ] = None
    cut_at_zero: Annotated[
        bool | None, typer.Option(help="Cut its services off while nothing is left.")
    ] = None
    fee_amount: Annotated[
        Decimal | None, typer.Option(help="Taken day by day: this for --fee-days.", **_AMOUNT)
    ] = None
    fee_days: Annotated[int | None, typer.Option(min=1, max=366)] = None
    fee_from: Annotated[
        date | None, typer.Option(parser=read_day, metavar="DAY", help="The first day paid.")
    ] = None
    fee_tax: Annotated[
        str | None, typer.Option(help="The tax category of the daily fee; else standard.")
    ] = None
    free_pins: Annotated[bool, typer.Option(help="Forget wrong voucher PINs.")] = False


@balance.command(
    epilog=examples(
        "balance terms A-1001 --mode prepaid --low-balance 2",
        "balance terms A-1002 --mode prepaid --fee-amount 40 --fee-days 30 --fee-from 2026-03-01",
        "balance terms M-77 --mode prepaid --cut-at-zero",
    )
)
@spread
def terms(
    account: Account, agreed: Agreed, operator: Operator = None, as_json: AsJson = False
) -> None:
    """Say how an account pays for what it uses; without options, see it."""
    from tallystick.domain.balances.queries import terms_of
    from tallystick.domain.parties.queries import account_numbered
    from tallystick.flows.balances import set_terms

    names = [name for name in Agreed.__dataclass_fields__ if name not in ("free_pins", "fee_tax")]
    changes = {name: value for name in names if (value := getattr(agreed, name)) is not None}
    if agreed.fee_tax is not None:
        changes["tax_category"] = agreed.fee_tax
    if agreed.free_pins:
        changes["wrong_pins"] = 0
    present = act_for(operator)
    if "fee_amount" in changes and "fee_from" not in changes:
        with acting_for(present.tenant_id):
            known = terms_of(account_numbered(account).id)
        if known is None or known.fee_from is None:
            raise typer.BadParameter("--fee-amount needs --fee-from, the first day to be paid")
    held = set_terms(tenant_id=present.tenant_id, account=account, changes=changes)
    more = ["tax_category", "fee_through", "wrong_pins"]
    shown = {name: getattr(held, name) for name in [*names, *more]}
    rows = [(name, value) for name, value in shown.items() if value is not None]
    tell({"account": account, **shown}, as_json=as_json, table=table_of(["terms", account], rows))


@dataclass(frozen=True, slots=True)
class Paid:
    """How money came in."""

    key: Key
    method: Annotated[
        str,
        typer.Option(parser=one_of("bank", "card", "cash", "direct_debit"), metavar="METHOD"),
    ] = "cash"
    reference: Annotated[str, typer.Option()] = ""
    currency: Annotated[str | None, typer.Option(help="Else the account's.")] = None
    valid_days: Annotated[int | None, typer.Option(min=1, help="Else it never ends.")] = None


@balance.command(
    "top-up",
    epilog=examples(
        "balance top-up A-1001 20.00 --key cash-18",
        "balance top-up A-1001 10.00 --key card-7 --method card --valid-days 90",
    ),
)
@spread
def fill(
    account: Account, amount: Amount, paid: Paid, operator: Operator = None, as_json: AsJson = False
) -> None:
    """Put money that was paid into a balance; what was cut off for want of it comes back."""
    from tallystick.domain.parties.queries import account_numbered
    from tallystick.domain.payments.operations import Receipt
    from tallystick.flows.balances import top_up

    present = act_for(operator)
    with acting_for(present.tenant_id):
        holder = account_numbered(account)
    currency = paid.currency or holder.currency
    end = None
    if paid.valid_days is not None:
        last = present.today + timedelta(days=paid.valid_days - 1)
        end = evening_of(last, zone=holder.zone)
    receipt = Receipt(paid.key, paid.method, amount, currency, present.today, paid.reference)
    filled = top_up(
        receipt, tenant_id=present.tenant_id, account=account, at=present.at, valid_to=end
    )
    said = f"{money(amount, currency)} {currency} put into the balance of {account}"
    _tell_filled(filled, account=account, currency=currency, said=said, as_json=as_json)


def _tell_filled(
    filled: "Filled", *, account: str, currency: str, said: str, as_json: bool
) -> None:
    if filled.repeated:
        said = "that was done before; nothing was changed"
    said += f"; {account} has {plain(filled.left)} {currency}"
    if filled.restored:
        said += f"; restored: {', '.join(filled.restored)}"
    tell(
        {
            "account": account,
            "currency": currency,
            "repeated": filled.repeated,
            "left": filled.left,
            "restored": list(filled.restored),
        },
        as_json=as_json,
        said=said,
    )


@dataclass(frozen=True, slots=True)
class Given:
    """What is given, and what it may be used for."""

    key: Key
    unit: Annotated[str | None, typer.Option(help="Such as GB or min; else money.")] = None
    kind: Annotated[
        list[str] | None, typer.Option(help="Only for this kind of usage; say it again.")
    ] = None
    where: Annotated[str, typer.Option(help="As in a price list: zone = home.")] = ""
    priority: Annotated[int, typer.Option(min=0, max=1000, help="Lower is drawn first.")] = 50
    valid_days: Annotated[int | None, typer.Option(min=1, help="Else it never ends.")] = None
    why: Annotated[str, typer.Option(help="For those who ask later.")] = ""


@balance.command(
    epilog=examples(
        "balance grant A-1001 5.00 --key welcome --valid-days 30",
        "balance grant A-1001 2 --unit GB --kind data --where 'zone = home' --key spring",
    )
)
@spread
def grant(
    account: Account,
    quantity: Amount,
    given: Given,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Give money or a quantity for nothing; the ledger does not know it."""
    from tallystick.domain.balances.buckets import Grant
    from tallystick.domain.balances.models import Origin
    from tallystick.domain.parties.queries import account_numbered
    from tallystick.flows.balances import give_grant

    present = act_for(operator)
    with acting_for(present.tenant_id):
        holder = account_numbered(account)
    unit, factor = read_unit(given.unit, currency=holder.currency)
    end = None
    if given.valid_days is not None:
        last = present.today + timedelta(days=given.valid_days - 1)
        end = evening_of(last, zone=holder.zone)
    wish = Grant(
        unit, quantity * factor, Origin.GRANT, f"grant:{given.key}", present.at, end,
        given.priority, given.kind or None, given.where, {"why": given.why},
    )  # fmt: skip
    filled = give_grant(
        wish, tenant_id=present.tenant_id, account=account, on=present.today, at=present.at
    )
    said = f"{plain(quantity * factor)} {unit} granted to {account}"
    _tell_filled(filled, account=account, currency=holder.currency, said=said, as_json=as_json)


@balance.command(
    epilog=examples(
        "balance transfer A-1001 A-1002 5.00 --key t-1",
        "balance transfer A-1001 A-1002 5.00 --key t-2 --fee 0.20",
    )
)
def transfer(
    giver: Annotated[str, typer.Argument(help="Whose balance gives.", show_default=False)],
    taker: Annotated[str, typer.Argument(help="Whose balance takes.", show_default=False)],
    amount: Amount,
    key: Key,
    fee: Annotated[
        Decimal | None,
        typer.Option(parser=read_amount, metavar="AMOUNT", help="Taken from the giver; else none."),
    ] = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Move money from one balance to another; what was granted for nothing cannot be moved."""
    from tallystick.domain.parties.queries import account_numbered
    from tallystick.flows.balances import Transfer, transfer_balance

    present = act_for(operator)
    with acting_for(present.tenant_id):
        currency = account_numbered(giver).currency
    wish = Transfer(giver, taker, amount, key, fee or Decimal(0))
    moved = transfer_balance(wish, tenant_id=present.tenant_id, on=present.today, at=present.at)
    said = f"{money(amount, currency)} {currency} moved to {taker}"
    _tell_filled(moved, account=giver, currency=currency, said=said, as_json=as_json)


@balance.command(
    epilog=examples(
        'balance adjust A-1001 17 --add -0.50 --why "granted twice" --key case-9',
        'balance adjust A-1001 17 --add 2.00 --why "an hour without service" --key case-10',
    )
)
def adjust(
    account: Account,
    bucket: Annotated[int, typer.Argument(help="As balance show has it.", show_default=False)],
    add: Annotated[
        Decimal,
        typer.Option(
            parser=read_signed, metavar="QUANTITY", help="Negative: take.", show_default=False
        ),
    ],
    why: Annotated[str, typer.Option(help="For those who ask later.", show_default=False)],
    key: Key,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Correct one bucket by hand, with the reason."""
    from tallystick.flows.balances import Adjustment, adjust_bucket

    present = act_for(operator)
    left = adjust_bucket(
        Adjustment(bucket, add, why, key),
        tenant_id=present.tenant_id,
        account=account,
        on=present.today,
        at=present.at,
    )
    document = {"account": account, "bucket": bucket, "remaining": left}
    tell(document, as_json=as_json, said=f"bucket {bucket} of {account} holds {plain(left)}")


@balance.command(
    epilog=examples(
        "balance refundable", "balance refundable top_up voucher", "balance refundable none --json"
    )
)
def refundable(
    origins: Annotated[
        list[str] | None,
        typer.Argument(
            parser=one_of("top_up", "voucher", "transfer", "none"),
            metavar="[top_up|voucher|transfer|none]...", help="Where it came from; none: say.",
            show_default=False,
        ),
    ] = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Say, or set, which prepaid money may be given back, by where it came from; never grants."""
    from tallystick.domain.invoices.drafts import refundable_origins, set_refundable

    chosen = origins or []
    if "none" in chosen and len(chosen) > 1:
        raise typer.BadParameter("none stands alone")
    present = act_for(operator)
    with acting_for(present.tenant_id):
        if chosen:
            set_refundable([one for one in chosen if one != "none"], tenant_id=present.tenant_id)
        found = refundable_origins()
    tell(
        {"refundable": found},
        as_json=as_json,
        said=f"prepaid money that may be given back: {', '.join(found) or 'none'}",
    )


@balance.command(epilog=examples("balance expire", "balance expire --json"))
def expire(operator: Operator = None, as_json: AsJson = False) -> None:
    """End the buckets that have reached their end; run it daily."""
    from tallystick.flows.balances import expire_balances

    present = act_for(operator)
    with progress_bar() as progress:
        report = expire_balances(
            tenant_id=present.tenant_id, on=present.today, at=present.at, progress=progress
        )
    lost = ", ".join(f"{plain(quantity)} {unit}" for unit, quantity in report.lost.items())
    tell(
        {"buckets": report.buckets, "lost": report.lost},
        as_json=as_json,
        said=f"{report.buckets} buckets have ended" + (f"; lost: {lost}" if lost else ""),
    )


@balance.command(epilog=examples("balance fees", "balance fees --date 2026-03-02"))
def fees(day: Day = None, operator: Operator = None, as_json: AsJson = False) -> None:
    """Take the daily fees through that day; who cannot pay is cut off until a top-up."""
    from tallystick.flows.draw import take_fees

    present = act_for(operator)
    with progress_bar() as progress:
        report = take_fees(
            tenant_id=present.tenant_id,
            on=day or present.today,
            at=present.at,
            progress=progress,
        )
    taken = ", ".join(f"{plain(amount)} {code}" for code, amount in report.taken.items())
    said = f"{report.paid} accounts paid {taken or 'nothing'}"
    if report.cut:
        said += f"; cut off: {', '.join(report.cut)}"
    tell(
        {"paid": report.paid, "taken": report.taken, "cut": list(report.cut)},
        as_json=as_json,
        said=said,
    )


@balance.command(epilog=examples("balance refill", "balance refill --json"))
def refill(operator: Operator = None, as_json: AsJson = False) -> None:
    """Ask once more for the agreed top-up of balances that stayed low. Run it every morning.

    One that falls below its low balance is asked for at once; this asks again for what was
    declined or was more than a day's most, once a day. See: tallystick deliver
    """
    from tallystick.flows.refill import refill_balances

    present = act_for(operator)
    asked = refill_balances(tenant_id=present.tenant_id, at=present.at)
    tell({"asked": asked}, as_json=as_json, said=f"{asked} top-ups are asked for")


@balance.command(epilog=examples("balance post", "balance post --json"))
def post(operator: Operator = None, as_json: AsJson = False) -> None:
    """Tell the ledger what was used from balances since it was told last.

    Exit code 3 when accounts are held back for want of a tax rate.
    """
    from tallystick.flows.prepaid import post_prepaid

    present = act_for(operator)
    with progress_bar() as progress:
        report = post_prepaid(
            tenant_id=present.tenant_id, on=present.today, at=present.at, progress=progress
        )
    used = ", ".join(f"{money(amount, code)} {code}" for code, amount in report.used.items())
    said = f"{report.accounts} accounts posted, {used or 'nothing'} used"
    for one in report.held:
        said += f"\nheld back: {one['account']}, no tax rate for category {one['category']!r}"
    tell(
        {"accounts": report.accounts, "used": report.used, "held": list(report.held)},
        as_json=as_json,
        said=said,
    )
    raise typer.Exit(NOT_ALL_WELL if report.held else 0)
