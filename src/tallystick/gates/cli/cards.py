"""Cards and bank accounts that a processor keeps: what is on file, what is asked, what waits."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.table import Table

from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import NOT_ALL_WELL, examples, money, table_of, tell
from tallystick.gates.cli.asking import (
    AsJson,
    Day,
    Operator,
    RefundedOf,
    act_for,
    one_of,
    read_amount,
    spread,
)

app = typer.Typer()
card = typer.Typer(
    no_args_is_help=True, help="Cards and bank accounts that a payment processor keeps."
)
app.add_typer(card, name="card")

AccountNo = Annotated[
    str, typer.Argument(metavar="ACCOUNT", help="The account's number.", show_default=False)
]
Fact = Annotated[int, typer.Argument(help="Its number in the worklist.", show_default=False)]
FailedOrder = Annotated[
    int, typer.Argument(metavar="ORDER", help="Its number in the worklist.", show_default=False)
]
_KINDS = one_of("card", "sepa_debit")


@dataclass(frozen=True, slots=True)
class Kept:
    """What the processor keeps, by its own names; never the number of a card."""

    customer: Annotated[
        str, typer.Option(help="Who it is to the processor, such as cus_Na6.", show_default=False)
    ]
    method: Annotated[
        str,
        typer.Option(
            help="What the processor keeps, such as pm_1Nx; never a card number.",
            show_default=False,
        ),
    ]
    kind: Annotated[str, typer.Option(parser=_KINDS, metavar="card|sepa_debit")] = "card"
    label: Annotated[str, typer.Option(help="For people, such as Visa 4242.")] = ""
    processor: Annotated[str, typer.Option(parser=one_of("stripe"), metavar="stripe")] = "stripe"


@card.command(
    epilog=examples(
        'card add A-1001 --customer cus_Na6 --method pm_1Nx --label "Visa 4242"',
        "card add A-1002 --customer cus_Nb7 --method pm_1Ny --kind sepa_debit --json",
    )
)
@spread
def add(account: AccountNo, kept: Kept, operator: Operator = None, as_json: AsJson = False) -> None:
    """Put a card or bank account on file: from now on it is asked for what is due."""
    from tallystick.domain.parties.queries import account_numbered
    from tallystick.domain.payments.models import InstrumentKind
    from tallystick.domain.payments.pulls import OnFile, add_instrument

    present = act_for(operator)
    given = OnFile(
        kept.processor, InstrumentKind(kept.kind), kept.customer, kept.method, kept.label
    )
    with acting_for(present.tenant_id):
        made = add_instrument(account_numbered(account), given, on=present.today)
    tell(
        {"account": account, "kind": made.kind, "method": made.method, "label": made.label},
        as_json=as_json,
        said=f"{account} pays by {made.label or made.method} from now on",
    )


@card.command(epilog=examples("card remove A-1001", "card remove A-1001 --reason asked --json"))
def remove(
    account: AccountNo,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "",
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Take what is on file away: it is not asked any more."""
    from tallystick.domain.parties.queries import account_numbered
    from tallystick.domain.payments.pulls import remove_instrument

    present = act_for(operator)
    with acting_for(present.tenant_id):
        gone = remove_instrument(account_numbered(account), reason=reason, on=present.today)
    tell(
        {"account": account, "method": gone.method, "state": gone.state},
        as_json=as_json,
        said=f"{account} no longer pays by {gone.label or gone.method}",
    )


@card.command("list", epilog=examples("card list", "card list --json"))
def list_cards(operator: Operator = None, as_json: AsJson = False) -> None:
    """List what is on file, and what was taken away."""
    from tallystick.domain.payments.models import Instrument

    present = act_for(operator)
    with acting_for(present.tenant_id):
        rows = [
            {
                "account": one.account.number, "processor": one.processor, "kind": one.kind,
                "label": one.label, "method": one.method, "state": one.state,
                "added": one.added_on, "removed": one.removed_on, "reason": one.reason,
            }
            for one in Instrument.objects.select_related("account").order_by("id")
        ]  # fmt: skip
    _list("cards", rows, "nothing is on file; add it with: tallystick card add", as_json=as_json)


@card.command(epilog=examples("card run --rehearse", "card run --date 2026-03-15 --json"))
def run(
    rehearse: Annotated[bool, typer.Option("--rehearse", help="Say it; ask for nothing.")] = False,
    day: Day = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Ask cards and accounts for what is due by a day; `tallystick deliver` sends it."""
    from tallystick.flows.pull import ask_for_due

    present = act_for(operator)
    on = day or present.today
    asked = ask_for_due(tenant_id=present.tenant_id, on=on, at=present.at, rehearse=rehearse)
    rows = [
        {
            "account": row["account"], "invoice": row["invoice"],
            "amount": money(row["amount"], row["currency"]), "currency": row["currency"],
            "label": row["label"], "try": row["tries"] + 1,
        }
        for row in asked.iter_rows(named=True)
    ]  # fmt: skip
    said = f"{on}: {len(rows)} invoices are asked for"
    tell(
        {"date": on, "rehearsed": rehearse, "asked": rows},
        as_json=as_json,
        table=table_of(list(rows[0]), [list(row.values()) for row in rows]) if rows else None,
        said=f"{on}: {len(rows)} would be asked for; nothing was stored" if rehearse else said,
    )


@card.command(epilog=examples("card pulls", "card pulls --account A-1001 --state declined --json"))
def pulls(
    account: Annotated[str | None, typer.Option(help="Of this account alone.")] = None,
    state: Annotated[str | None, typer.Option(help="In this state alone.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The last so many.")] = 50,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """List what was asked for and what became of it, the latest first."""
    from tallystick.domain.parties.queries import account_numbered
    from tallystick.domain.payments.models import Pull

    present = act_for(operator)
    with acting_for(present.tenant_id):
        found = Pull.objects.select_related("account", "invoice").order_by("-id")
        if account is not None:
            found = found.filter(account_id=account_numbered(account).id)
        if state is not None:
            found = found.filter(state=state)
        rows = [
            {
                "account": one.account.number,
                "for": one.invoice.number if one.invoice else one.purpose,
                "amount": money(one.amount, one.currency), "currency": one.currency,
                "state": one.state, "reason": one.reason, "asked": one.asked_on,
                "again": one.retry_on, "reference": one.reference,
            }
            for one in found[:limit]
        ]  # fmt: skip
    _list("pulls", rows, "nothing was asked for", as_json=as_json)


@card.command(epilog=examples("card worklist", "card worklist --json"))
def worklist(operator: Operator = None, as_json: AsJson = False) -> None:
    """List what waits for a person: news of the processor, and orders that nobody answered.

    Exit code 3 when something does.
    """
    from tallystick.domain.outbox.queries import failed_orders
    from tallystick.domain.payments.pulls import waiting_facts
    from tallystick.flows.pull_again import PORT

    present = act_for(operator)
    with acting_for(present.tenant_id):
        orders = [
            {
                "order": one.id, "account": one.account.number, "action": one.action,
                "for": one.payload.get("invoice", ""), "amount": one.payload.get("amount", ""),
                "currency": one.payload.get("currency", ""), "ordered": one.ordered_at,
                "answer": one.answer,
            }
            for one in failed_orders(PORT)
        ]  # fmt: skip
        rows = [
            {
                "fact": one.id, "told": one.told, "reference": one.reference,
                "amount": money(one.amount, one.currency), "currency": one.currency,
                "happened": one.happened_at, "why": one.note,
            }
            for one in waiting_facts()
        ]  # fmt: skip
    tell(
        {"waiting": rows, "failed": orders},
        as_json=as_json,
        table=_table(rows) or _table(orders),
        said="" if rows or orders else "nothing waits",
    )
    if rows and orders and not as_json:
        tell({}, as_json=False, table=_table(orders))
    raise typer.Exit(NOT_ALL_WELL if rows or orders else 0)


@card.command("send-again", epilog=examples("card send-again 17", "card send-again 17 --json"))
def send_again_(order: FailedOrder, operator: Operator = None, as_json: AsJson = False) -> None:
    """Send an order again that nobody answered: under its own key, so that it counts once."""
    from tallystick.flows.pull_again import send_again

    present = act_for(operator)
    sent = send_again(order, tenant_id=present.tenant_id)
    tell(
        {"order": order, "account": sent.account.number, "action": sent.action},
        as_json=as_json,
        said=f"order {order} of {sent.account.number} is sent with the next: tallystick deliver",
    )


@card.command(
    "give-up",
    epilog=examples(
        'card give-up 17 --reason "not in the pages of the processor"',
        "card give-up 17 --reason checked --json",
    ),
)
def give_up_(
    order: FailedOrder,
    reason: Annotated[str, typer.Option(help="Why; it is kept.", show_default=False)],
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Send an order no more that nobody answered: look first that nothing was taken.

    Its invoice may be asked of another card or by direct debit, and be paid in any other way.
    """
    from tallystick.flows.pull_again import give_up

    present = act_for(operator)
    gone = give_up(order, reason=reason, tenant_id=present.tenant_id, on=present.today)
    tell(
        {"order": order, "account": gone.account.number, "action": gone.action, "reason": reason},
        as_json=as_json,
        said=f"order {order} of {gone.account.number} is given up; what it asked for is still owed",
    )


@card.command(epilog=examples("card again", "card again --json"))
def again(operator: Operator = None, as_json: AsJson = False) -> None:
    """Look again at all that waits: what can be booked now is."""
    from tallystick.domain.payments.pulls import waiting_facts
    from tallystick.flows.pull_facts import look_again

    present = act_for(operator)
    with acting_for(present.tenant_id):
        taken = look_again(None, at=present.at)
        left = len(waiting_facts())
    tell({"taken": taken, "waiting": left}, as_json=as_json, said=f"{taken} taken, {left} wait")


@card.command(
    epilog=examples(
        'card ignore 7 --reason "a test of ours"', "card ignore 8 --reason theirs --json"
    )
)
def ignore(
    fact: Fact,
    reason: Annotated[str, typer.Option(help="Why; it is kept.", show_default=False)],
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Set aside what waits."""
    from tallystick.domain.payments.pulls import ignore_fact

    present = act_for(operator)
    with acting_for(present.tenant_id):
        ignore_fact(fact, reason=reason)
    tell({"fact": fact, "reason": reason}, as_json=as_json, said=f"{fact} is set aside")


@card.command(epilog=examples("card retry 3 5 7", "card retry --json"))
def retry(
    days: Annotated[list[int] | None, typer.Argument(help="Days between tries; none: say.")] = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Say, or set, after how many days a decline is asked for again: a number a try."""
    from tallystick.domain.payments.pulls import retry_days, set_retry_days

    present = act_for(operator)
    with acting_for(present.tenant_id):
        if days:
            set_retry_days(tuple(days), tenant_id=present.tenant_id)
        found = retry_days()
    said = ", ".join(map(str, found))
    tell({"retry_days": list(found)}, as_json=as_json, said=f"asked again after {said} days")


@card.command(
    epilog=examples(
        "card refund stripe:pi_3Nx 11.90 --key refund-17",
        "card refund stripe:pi_3Nx 5 --key refund-18 --of notes",
        "card refund stripe:pi_3Nz 5 --key refund-19 --of prepaid --json",
    )
)
def refund(
    payment: Annotated[str, typer.Argument(help="The payment's key.", show_default=False)],
    amount: Annotated[
        Decimal, typer.Argument(parser=read_amount, metavar="AMOUNT", show_default=False)
    ],
    key: Annotated[
        str, typer.Option(help="Your name for it; the same again pays once.", show_default=False)
    ],
    of: RefundedOf = "credit",
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Give back what no invoice has of a payment, to the card it came from.

    With --of notes what a credit note gives back of what it had paid; with --of prepaid what is
    left of a top-up.
    """
    from tallystick.flows.free_money import RefundOf
    from tallystick.flows.refund_pulled import refund_pulled

    present = act_for(operator)
    made, is_new = refund_pulled(
        payment, amount=amount, key=key, tenant_id=present.tenant_id, at=present.at,
        of=RefundOf(of),
    )  # fmt: skip
    said = f"{money(made.amount, made.currency)} {made.currency} go back by {payment}"
    tell(
        {"payment": payment, "key": key, "amount": money(made.amount, made.currency),
         "currency": made.currency, "repeated": not is_new},
        as_json=as_json,
        said=said if is_new else f"the refund {key} was made before; nothing was changed",
    )  # fmt: skip


def _list(what: str, rows: list[dict[str, Any]], none: str, *, as_json: bool) -> None:
    tell(
        {what: rows},
        as_json=as_json,
        table=_table(rows),
        said="" if rows else none,
    )


def _table(rows: list[dict[str, Any]]) -> Table | None:
    return table_of(list(rows[0]), [list(row.values()) for row in rows]) if rows else None
