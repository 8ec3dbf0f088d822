"""What holds collection back: disputes, promises to pay, protection; and debts given up."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import typer

from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import examples, money, table_of, tell
from tallystick.gates.cli.asking import (
    AsJson,
    CreditedLines,
    CreditedParts,
    Day,
    Operator,
    act_for,
    credited_parts,
    one_of,
    read_amount,
    read_day,
)

app = typer.Typer()
dispute = typer.Typer(
    no_args_is_help=True, help="Disputes: what of an invoice is not collected until decided."
)
promise = typer.Typer(no_args_is_help=True, help="Promises to pay: the ladder waits for them.")
protect = typer.Typer(
    no_args_is_help=True, help="Who is left alone by the ladder, or spared some of its steps."
)
app.add_typer(dispute, name="dispute")
app.add_typer(promise, name="promise")
app.add_typer(protect, name="protect")

ACTIONS = ("restrict", "suspend", "disconnect", "terminate", "charge", "remind", "hand over",
           "write off")  # fmt: skip
Number = Annotated[int, typer.Argument(help="The dispute's number.", show_default=False)]
AccountNo = Annotated[str, typer.Argument(metavar="ACCOUNT", show_default=False)]
Why = Annotated[str, typer.Option(help="Why; it is kept.", show_default=False)]
Sum = Annotated[Decimal, typer.Argument(parser=read_amount, metavar="AMOUNT", show_default=False)]
Until = Annotated[date, typer.Argument(parser=read_day, metavar="DAY", show_default=False)]


@dispute.command(
    "open",
    epilog=examples(
        'dispute open INV-2026-000001 --reason "calls to a number I do not know"',
        'dispute open INV-2026-000001 --amount 11.90 --reason "billed twice" --json',
    ),
)
def open_(
    invoice: Annotated[str, typer.Argument(help="Its number.", show_default=False)],
    reason: Why,
    amount: Annotated[
        Decimal | None,
        typer.Option(parser=read_amount, metavar="AMOUNT", help="Else all that is open."),
    ] = None,
    day: Day = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Hold an amount of an invoice out of collection and late fees until it is decided."""
    from tallystick.flows.dispute import dispute_invoice

    present = act_for(operator)
    done = dispute_invoice(
        invoice, amount=amount, reason=reason, tenant_id=present.tenant_id,
        on=day or present.today, at=present.at,
    )  # fmt: skip
    held = money(done.dispute.amount, done.currency)
    said = f"dispute {done.dispute.id}: {held} {done.currency} of {invoice} are not collected"
    if done.restored:
        said += f"; restored: {', '.join(done.restored)}"
    tell(
        {"dispute": done.dispute.id, "invoice": invoice, "amount": held,
         "currency": done.currency, "restored": list(done.restored)},
        as_json=as_json,
        said=said,
    )  # fmt: skip


@dispute.command(
    epilog=examples(
        'dispute accept 7 --reason "the customer is right"',
        'dispute accept 7 --reason "only the second line" --part 2=4.50 --json',
    )
)
def accept(
    number: Number,
    reason: Why,
    line: CreditedLines = None,
    part: CreditedParts = None,
    day: Day = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Say that the customer is right: a credit note gives back the amount, or these lines."""
    from tallystick.flows.dispute import accept_dispute

    parts = credited_parts(line, part)
    present = act_for(operator)
    done = accept_dispute(
        number, decision=reason, parts=parts or None, tenant_id=present.tenant_id,
        on=day or present.today, at=present.at,
    )  # fmt: skip
    credited = money(done.credited, done.currency)
    tell(
        {"dispute": number, "state": done.dispute.state, "credit_note": done.dispute.credit_note,
         "credited": credited, "currency": done.currency},
        as_json=as_json,
        said=f"dispute {number} is accepted: {done.dispute.credit_note} gives back {credited}"
        f" {done.currency}",
    )  # fmt: skip


@dispute.command(
    epilog=examples(
        'dispute refuse 7 --reason "the meter was read twice"',
        "dispute refuse 7 --reason checked --json",
    )
)
def refuse(
    number: Number, reason: Why, day: Day = None, operator: Operator = None, as_json: AsJson = False
) -> None:
    """Say that the bill is right: the amount is due again and the ladder goes on."""
    from tallystick.flows.dispute import refuse_dispute

    present = act_for(operator)
    done = refuse_dispute(
        number, decision=reason, tenant_id=present.tenant_id, on=day or present.today,
        at=present.at,
    )  # fmt: skip
    amount = money(done.dispute.amount, done.currency)
    tell(
        {"dispute": number, "state": done.dispute.state, "amount": amount,
         "currency": done.currency},
        as_json=as_json,
        said=f"dispute {number} is refused: {amount} {done.currency} are due again",
    )  # fmt: skip


@dispute.command("list", epilog=examples("dispute list", "dispute list --all --json"))
def list_disputes(
    everything: Annotated[bool, typer.Option("--all", help="Decided ones too.")] = False,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """List the disputes that wait for a decision, the oldest first."""
    from tallystick.domain.collections.models import Dispute, DisputeState

    present = act_for(operator)
    with acting_for(present.tenant_id):
        found = Dispute.objects.select_related("account", "invoice").order_by("id")
        if not everything:
            found = found.filter(state=DisputeState.OPEN)
        rows = [
            {
                "dispute": one.id, "account": one.account.number, "invoice": one.invoice.number,
                "amount": money(one.amount, one.invoice.currency),
                "currency": one.invoice.currency, "state": one.state, "opened_on": one.opened_on,
                "reason": one.reason, "decided_on": one.decided_on, "decision": one.decision,
                "credit_note": one.credit_note,
            }
            for one in found
        ]  # fmt: skip
    _list("disputes", rows, "no dispute waits", as_json=as_json)


@promise.command(
    epilog=examples(
        "promise make A-1001 41.50 2026-03-20", "promise make A-1001 20 2026-03-20 --json"
    )
)
def make(
    account: AccountNo, amount: Sum, until: Until, operator: Operator = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Note that an account will have paid so much by a day; the ladder waits for it."""
    from tallystick.flows.dispute import promise_payment

    present = act_for(operator)
    made = promise_payment(
        account, amount=amount, until=until, tenant_id=present.tenant_id, on=present.today
    )
    tell(
        {"account": account, "amount": amount, "until": made.until, "state": made.state},
        as_json=as_json,
        said=f"{account} has promised {amount} by {until}; no step is taken through that day",
    )


@promise.command(epilog=examples("promise withdraw A-1001", "promise withdraw A-1001 --json"))
def withdraw(account: AccountNo, operator: Operator = None, as_json: AsJson = False) -> None:
    """End a promise before its day: the ladder goes on."""
    from tallystick.domain.collections.disputes import withdraw_promise
    from tallystick.domain.parties.queries import account_numbered

    present = act_for(operator)
    with acting_for(present.tenant_id):
        ended = withdraw_promise(account_numbered(account), on=present.today)
    tell(
        {"account": account, "until": ended.until, "state": ended.state},
        as_json=as_json,
        said=f"the promise of {account} until {ended.until} is withdrawn",
    )


@promise.command("list", epilog=examples("promise list", "promise list --all --json"))
def list_promises(
    everything: Annotated[bool, typer.Option("--all", help="Kept and broken ones too.")] = False,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """List the promises that run, the next to fall due first."""
    from tallystick.domain.collections.models import Promise, PromiseState

    present = act_for(operator)
    with acting_for(present.tenant_id):
        found = Promise.objects.select_related("account").order_by("until", "id")
        if not everything:
            found = found.filter(state=PromiseState.OPEN)
        rows = [
            {
                "account": one.account.number, "amount": money(one.amount, one.account.currency),
                "currency": one.account.currency, "made_on": one.made_on, "until": one.until,
                "state": one.state, "ended_on": one.ended_on,
            }
            for one in found
        ]  # fmt: skip
    _list("promises", rows, "no promise runs", as_json=as_json)


@protect.command(
    "set",
    epilog=examples(
        'protect set A-1001 --reason "public hospital"',
        'protect set A-1002 --from-action suspend --from-action terminate --reason "life support"',
    ),
)
def set_(
    account: AccountNo,
    reason: Why,
    from_action: Annotated[
        list[str] | None,
        typer.Option(
            parser=one_of(*ACTIONS), metavar="ACTION",
            help=f"A step that is not taken, of {', '.join(ACTIONS)}; else none is.",
        ),
    ] = None,
    until: Annotated[
        date | None, typer.Option(parser=read_day, metavar="DAY", help="Ends before it; else open.")
    ] = None,
    day: Day = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Leave an account alone (exempt), or spare it some steps (vulnerable)."""
    from tallystick.domain.collections.disputes import protect_account
    from tallystick.domain.collections.models import ProtectionKind
    from tallystick.domain.parties.queries import account_numbered

    present = act_for(operator)
    kind = ProtectionKind.VULNERABLE if from_action else ProtectionKind.EXEMPT
    since = day or present.today
    if until is not None and until <= since:
        raise typer.BadParameter(f"--until {until} is not after {since}")
    with acting_for(present.tenant_id):
        protect_account(
            account_numbered(account), kind=kind, actions=tuple(from_action or ()),
            reason=reason, on=since, until=until,
        )  # fmt: skip
    spared = ", ".join(from_action or ()) or "every step"
    tell(
        {"account": account, "kind": kind.value, "actions": from_action or [], "from": since,
         "until": until},
        as_json=as_json,
        said=f"{account} is {kind.value} from {since} on and spared: {spared}",
    )  # fmt: skip


@protect.command("end", epilog=examples("protect end A-1001", "protect end A-1001 --json"))
def end(
    account: AccountNo, day: Day = None, operator: Operator = None, as_json: AsJson = False
) -> None:
    """Treat an account like any other again."""
    from tallystick.domain.collections.disputes import end_protection
    from tallystick.domain.parties.queries import account_numbered

    present = act_for(operator)
    with acting_for(present.tenant_id):
        ended = end_protection(account_numbered(account), on=day or present.today)
    tell(
        {"account": account, "until": ended.valid_to},
        as_json=as_json,
        said=f"{account} is no longer protected from {ended.valid_to} on",
    )


@protect.command("list", epilog=examples("protect list", "protect list --json"))
def list_protected(operator: Operator = None, as_json: AsJson = False) -> None:
    """List who is protected from the ladder, and why."""
    from tallystick.domain.collections.models import Protection

    present = act_for(operator)
    with acting_for(present.tenant_id):
        rows = [
            {
                "account": one.account.number, "kind": one.kind,
                "spared": ", ".join(one.actions) or "every step", "from": one.valid_from,
                "until": one.valid_to, "reason": one.reason,
            }
            for one in Protection.objects.select_related("account").order_by("id")
        ]  # fmt: skip
    _list("protected", rows, "nobody is protected", as_json=as_json)


@app.command(
    "write-off",
    epilog=examples(
        "write-off A-1001 --reason insolvent --tax relieved",
        'write-off A-1001 --invoice INV-2026-000001 --reason "too small to pursue" --json',
    ),
)
def write_off(
    account: AccountNo,
    reason: Why,
    invoice: Annotated[str | None, typer.Option(help="This one alone; else all.")] = None,
    tax: Annotated[
        str,
        typer.Option(
            parser=one_of("kept", "relieved"), metavar="kept|relieved",
            help="Whether the law gives the tax back.",
        ),
    ] = "kept",
    day: Day = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Give up what an account owes; money that comes after all is booked as recovered."""
    from tallystick.flows.write_off import write_off_debt

    present = act_for(operator)
    done = write_off_debt(
        account, invoice=invoice, reason=reason, relieve_tax=tax == "relieved",
        tenant_id=present.tenant_id, on=day or present.today, at=present.at,
    )  # fmt: skip
    rows = [
        {"invoice": number, "loss": money(loss, currency), "tax": money(back, currency),
         "currency": currency}
        for number, currency, loss, back in done.select(
            "number", "currency", "loss", "tax"
        ).iter_rows()
    ]  # fmt: skip
    tell(
        {"account": account, "written_off": rows},
        as_json=as_json,
        table=table_of(["invoice", "loss", "tax", "currency"], [list(r.values()) for r in rows]),
        said=f"{len(rows)} invoices of {account} are written off",
    )


@app.command(epilog=examples("restore A-1001", "restore A-1001 --json"))
def restore(
    account: AccountNo, day: Day = None, operator: Operator = None, as_json: AsJson = False
) -> None:
    """Give back services that the ladder restores by hand, where they are paid for."""
    from tallystick.flows.dispute import restore_by_hand

    present = act_for(operator)
    back = restore_by_hand(
        account, tenant_id=present.tenant_id, on=day or present.today, at=present.at
    )
    tell(
        {"account": account, "restored": list(back)},
        as_json=as_json,
        said=f"restored: {', '.join(back)}"
        if back
        else f"nothing of {account} waits to be restored",
    )


def _list(what: str, rows: list[dict[str, Any]], none: str, *, as_json: bool) -> None:
    tell(
        {what: rows},
        as_json=as_json,
        table=table_of(list(rows[0]), [list(row.values()) for row in rows]) if rows else None,
        said="" if rows else none,
    )
