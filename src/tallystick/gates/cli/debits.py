"""Direct debits: mandates, runs and their files, what comes back; refunds of credit."""

import os
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import examples, money, table_of, tell
from tallystick.gates.cli.asking import (
    AsJson,
    Day,
    Operator,
    RefundedOf,
    act_for,
    one_of,
    read_amount,
    read_day,
    spread,
)

if TYPE_CHECKING:
    from tallystick.flows.debit import PreparedRun

app = typer.Typer()
mandate = typer.Typer(no_args_is_help=True, help="Mandates: whose bank account pays.")
debit = typer.Typer(no_args_is_help=True, help="Direct debits: runs, files, what comes back.")
app.add_typer(mandate, name="mandate")
app.add_typer(debit, name="debit")

EURO = "EUR"
Run = Annotated[int, typer.Argument(help="The run's number.", show_default=False)]
To = Annotated[Path | None, typer.Option("--to", help="Write the file there.", metavar="FILE")]
_SEQUENCES = one_of("first", "recurring", "final")


@dataclass(frozen=True, slots=True)
class Signature:
    """What stands on the mandate."""

    iban: Annotated[str, typer.Option(help="Of the debtor.", show_default=False)]
    debtor: Annotated[str, typer.Option(help="As the bank knows it.", show_default=False)]
    signed: Annotated[date, typer.Option(parser=read_day, metavar="DAY", show_default=False)]
    bic: Annotated[str, typer.Option(help="Where a bank wants it.")] = ""
    sequence: Annotated[str, typer.Option(parser=_SEQUENCES, metavar="first|recurring|final")] = (
        "first"
    )


@dataclass(frozen=True, slots=True)
class Own:
    """Who collects."""

    creditor_id: Annotated[str, typer.Option(help="As the bank gave it.", show_default=False)]
    iban: Annotated[str, typer.Option(help="Where the money goes.", show_default=False)]
    bic: Annotated[str, typer.Option(help="Where the bank wants it.")] = ""


@dataclass(frozen=True, slots=True)
class AfterReturn:
    """What is done when money comes back."""

    fee: Annotated[
        Decimal | None,
        typer.Option(parser=read_amount, metavar="AMOUNT", help="For a return; else none."),
    ] = None
    retry_days: Annotated[int, typer.Option(help="Days until the next try.")] = 5
    tries: Annotated[int, typer.Option(help="Tries in all.")] = 2


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A refund's own name, its day and to whom it goes."""

    key: Annotated[
        str, typer.Option(help="Your name for it; the same again pays once.", show_default=False)
    ]
    iban: Annotated[str, typer.Option(help="Else of the active mandate.")] = ""
    name: Annotated[str, typer.Option(help="Of who gets it; else the customer's.")] = ""
    of: RefundedOf = "credit"
    cash: Annotated[bool, typer.Option("--cash", help="Over the counter, without a file.")] = False
    currency: Annotated[str, typer.Option(help="Checked against the account's.")] = ""
    day: Day = None


@mandate.command(
    "add",
    epilog=examples(
        "mandate add A-1001 M-1001 --iban DE89370400440532013000 --debtor 'Ada Example'"
        " --signed 2026-01-02",
        "mandate add A-1002 M-1002 --iban NL91ABNA0417164300 --debtor 'Bo Example'"
        " --signed 2026-01-02 --sequence recurring",
    ),
)
@spread
def add(
    account: Annotated[str, typer.Argument(help="Who pays.", show_default=False)],
    reference: Annotated[str, typer.Argument(help="The mandate's own.", show_default=False)],
    signature: Signature,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Record a mandate: from now on the account's open items are collected by direct debit."""
    from tallystick.domain.parties.queries import account_numbered
    from tallystick.domain.payments.mandates import Signed, add_mandate
    from tallystick.domain.payments.models import Sequence

    present = act_for(operator)
    given = Signed(
        reference, signature.debtor, signature.iban, signature.bic, signature.signed,
        Sequence(signature.sequence),
    )  # fmt: skip
    with acting_for(present.tenant_id):
        added = add_mandate(account_numbered(account), given, on=present.today)
    tell(
        {"mandate": reference, "account": account, "iban": added.iban, "sequence": added.sequence},
        as_json=as_json,
        said=f"mandate {reference} of {account}: {added.iban} pays from now on",
    )


@mandate.command("list", epilog=examples("mandate list", "mandate list --account A-1001 --json"))
def list_mandates(
    account: Annotated[str | None, typer.Option(help="Of this account alone.")] = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """List mandates, active and revoked."""
    from tallystick.domain.parties.queries import account_numbered
    from tallystick.domain.payments.models import Mandate

    columns = ["mandate", "account", "debtor", "iban", "signed", "sequence", "state", "reason"]
    present = act_for(operator)
    with acting_for(present.tenant_id):
        found = Mandate.objects.select_related("account").order_by("reference")
        if account is not None:
            found = found.filter(account_id=account_numbered(account).id)
        rows = [
            (
                one.reference, one.account.number, one.debtor, one.iban, one.signed_on,
                one.sequence, one.state, one.reason,
            )
            for one in found
        ]  # fmt: skip
    tell(
        {"mandates": [dict(zip(columns, row, strict=True)) for row in rows]},
        as_json=as_json,
        table=table_of(columns, rows) if rows else None,
        said="" if rows else "no mandates; add one with: tallystick mandate add",
    )


@mandate.command(
    epilog=examples("mandate revoke M-1001", "mandate revoke M-1001 --reason 'changed banks'")
)
def revoke(
    reference: Annotated[str, typer.Argument(help="The mandate's own.", show_default=False)],
    reason: Annotated[str, typer.Option(help="Why.")] = "revoked by the customer",
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """End a mandate: nothing more is collected by it."""
    from tallystick.domain.payments.mandates import revoke_mandate

    present = act_for(operator)
    with acting_for(present.tenant_id):
        revoke_mandate(reference, on=present.today, reason=reason)
    tell(
        {"mandate": reference, "revoked_on": present.today, "reason": reason},
        as_json=as_json,
        said=f"mandate {reference} is revoked; nothing more is collected by it",
    )


@debit.command(
    "set",
    epilog=examples(
        "debit set --creditor-id DE98ZZZ09999999999 --iban DE89370400440532013000",
        "debit set --creditor-id DE98ZZZ09999999999 --iban DE89370400440532013000"
        " --fee 4.00 --retry-days 5 --tries 2",
    ),
)
@spread
def set_terms(
    own: Own,
    after: AfterReturn,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Say who collects, where the money goes, and what is done when it comes back."""
    from tallystick.core.receive.returned import ReturnTerms
    from tallystick.domain.payments.mandates import Creditor, set_debit_terms

    present = act_for(operator)
    with acting_for(present.tenant_id):
        terms = set_debit_terms(
            Creditor(present.tenant.name, own.creditor_id, own.iban, own.bic),
            terms=ReturnTerms(after.fee or Decimal(0), after.retry_days, after.tries),
            tenant_id=present.tenant_id,
        )
    tell(
        {
            "creditor": terms.creditor,
            "creditor_id": terms.creditor_number,
            "iban": terms.iban,
            "fee": money(terms.return_fee, EURO),
            "retry_days": after.retry_days,
            "tries": after.tries,
        },
        as_json=as_json,
        said=f"{terms.creditor} ({terms.creditor_number}) collects to {terms.iban}; a return costs "
        f"{money(terms.return_fee, EURO)}, is tried again after {after.retry_days} days, "
        f"{after.tries} tries in all",
    )


@debit.command(
    epilog=examples(
        "debit prepare --date 2026-03-02 --rehearse",
        "debit prepare --date 2026-03-02 --to 2026-03-02.xml",
    )
)
def prepare(
    day: Annotated[
        date,
        typer.Option(
            "--date", parser=read_day, metavar="DAY", help="The bank collects.", show_default=False
        ),
    ],
    to: To = None,
    rehearse: Annotated[bool, typer.Option("--rehearse", help="Show it, keep nothing.")] = False,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Make a run of all that is due by that day and no other run has, and its file (pain.008)."""
    from tallystick.flows.debit import prepare_debits

    present = act_for(operator)
    run = prepare_debits(
        tenant_id=present.tenant_id,
        collect_on=day,
        today=present.today,
        at=present.at,
        rehearse=rehearse,
    )
    if run is None:
        tell(
            {"run": None, "debits": [], "total": money(Decimal(0), EURO)},
            as_json=as_json,
            said=f"nothing is to be collected on {day}",
        )
        return
    _tell_run(run, to=to, rehearsed=rehearse, as_json=as_json)


@debit.command("file", epilog=examples("debit file 12 --to 2026-03-02.xml", "debit file 12 --json"))
def file_again(run: Run, to: To = None, operator: Operator = None, as_json: AsJson = False) -> None:
    """Write a run's file again, the same to the byte."""
    from tallystick.flows.debit import debit_run

    present = act_for(operator)
    prepared = debit_run(run, tenant_id=present.tenant_id)
    _tell_run(prepared, to=to, rehearsed=False, as_json=as_json)


def _tell_run(run: "PreparedRun", *, to: Path | None, rehearsed: bool, as_json: bool) -> None:
    from tallystick.gates.bank.sepa import write_pain008

    content = write_pain008(run)
    written = to is not None and not rehearsed
    if to is not None and written:
        _write(content, to)
    columns = ["account", "invoice", "amount", "sequence", "mandate", "end_to_end"]
    rows = [
        (one.account, one.invoice, money(one.amount, EURO), one.sequence, one.mandate,
         one.end_to_end)
        for one in run.lines
    ]  # fmt: skip
    total = money(run.total, EURO)
    if rehearsed:
        said = f"a run on {run.collect_on} would collect {total} {EURO}; nothing was kept"
    else:
        said = f"run {run.number} ({run.message}) collects {total} {EURO} on {run.collect_on}"
        said += (
            f"; its file is {to}"
            if written
            else (f"; write its file with: tallystick debit file {run.number} --to FILE")
        )
    tell(
        {
            "run": None if rehearsed else run.number,
            "message": None if rehearsed else run.message,
            "collect_on": run.collect_on,
            "total": total,
            "file": to if written else None,
            "debits": [dict(zip(columns, row, strict=True)) for row in rows],
        },
        as_json=as_json,
        table=table_of(columns, rows),
        said=said,
    )


def _write(content: bytes, to: Path) -> None:
    """The whole file or none, also when it is stopped half-way."""
    to.parent.mkdir(parents=True, exist_ok=True)
    part = to.with_name(f"{to.name}.part")
    part.write_bytes(content)
    os.replace(part, to)


@debit.command("list", epilog=examples("debit list", "debit list --json"))
def list_runs(operator: Operator = None, as_json: AsJson = False) -> None:
    """List debit runs, the newest first, with what came of them."""
    from django.db.models import Count, OuterRef, Subquery

    from tallystick.domain.payments.models import DebitRun, DebitState, DirectDebit

    def count(state: DebitState) -> Any:
        found = DirectDebit.objects.filter(run=OuterRef("pk"), state=state)
        return Subquery(found.order_by().values("run").annotate(n=Count("id")).values("n"))

    columns = ["run", "collect_on", "confirmed_on", "running", "collected", "returned"]
    present = act_for(operator)
    with acting_for(present.tenant_id):
        runs = DebitRun.objects.order_by("-id").annotate(
            **{f"is_{state}": count(state) for state in DebitState}
        )
        rows = [
            (
                run.id, run.collect_on, run.confirmed_on,
                *(getattr(run, f"is_{state}") or 0 for state in DebitState),
            )
            for run in runs
        ]  # fmt: skip
    tell(
        {"runs": [dict(zip(columns, row, strict=True)) for row in rows]},
        as_json=as_json,
        table=table_of(columns, rows) if rows else None,
        said="" if rows else "no debit runs; make one with: tallystick debit prepare",
    )


@debit.command(epilog=examples("debit confirm 12", "debit confirm 12 --date 2026-03-02 --json"))
def confirm(run: Run, day: Day = None, operator: Operator = None, as_json: AsJson = False) -> None:
    """Book what the bank paid of a run: all of it but what came back before."""
    from tallystick.flows.debit import confirm_debits

    present = act_for(operator)
    report = confirm_debits(
        run, tenant_id=present.tenant_id, on=day or present.today, at=present.at
    )
    said = f"run {run}: {report.payments} payments booked"
    if report.credit:
        said += f", {money(report.credit, EURO)} {EURO} of them as credit"
    if report.restored:
        said += f"; restored: {', '.join(report.restored)}"
    tell(
        {
            "run": run,
            "payments": report.payments,
            "allocations": report.allocations,
            "credit": money(report.credit, EURO),
            "restored": list(report.restored),
        },
        as_json=as_json,
        said=said,
    )


@debit.command(
    "return",
    epilog=examples(
        "debit return TSD000000000012 --reason AM04",
        "debit return card-20260214-7 --reason chargeback --costs 15.00",
    ),
)
def take_back(
    reference: Annotated[
        str, typer.Argument(help="End-to-end id, or a payment's key.", show_default=False)
    ],
    reason: Annotated[str, typer.Option(help="As the bank says it.", show_default=False)],
    costs: Annotated[
        Decimal | None,
        typer.Option(parser=read_amount, metavar="AMOUNT", help="Taken by the bank; else none."),
    ] = None,
    day: Day = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Take a payment back: what it paid is owed again; fee, retry and mandate as the reason says.

    A card's chargeback goes the same way, by the payment's key.
    """
    from tallystick.flows.give_back import Comeback, return_payment

    present = act_for(operator)
    comeback = Comeback(reference, reason, day or present.today, costs or Decimal(0))
    report = return_payment(comeback, tenant_id=present.tenant_id, at=present.at)
    following, amount = report.following, money(report.amount, report.currency)
    said = f"{amount} {report.currency} of {report.account} came back"
    said += f"; fee {money(following.fee, EURO)}" if following.fee else ""
    said += f"; tried again from {following.retry_on} on" if following.retry_on else ""
    said += "; the mandate is revoked" if following.ends_mandate else ""
    tell(
        {
            "reference": reference,
            "account": report.account,
            "amount": amount,
            "currency": report.currency,
            "booked": report.booked,
            "owed_again": money(report.owed_again, report.currency),
            "fee": money(following.fee, EURO),
            "retry_on": following.retry_on,
            "mandate_revoked": following.ends_mandate,
        },
        as_json=as_json,
        said=said,
    )


@app.command(
    epilog=examples(
        "refund A-1001 12.50 --key refund-7 --to refund-7.xml",
        "refund A-1001 12.50 --key refund-8 --iban DE89370400440532013000 --name 'Ada Example'",
        "refund A-1001 8.06 --key refund-9 --of notes --cash",
        "refund A-1002 5.00 --key refund-10 --of prepaid --to refund-10.xml --json",
    )
)
@spread
def refund(
    account: Annotated[str, typer.Argument(help="Whose money.", show_default=False)],
    amount: Annotated[
        Decimal, typer.Argument(parser=read_amount, metavar="AMOUNT", show_default=False)
    ],
    given: GivenBack,
    to: To = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Give a customer's money back by a bank file (pain.001) or in cash, never more than there is.

    Of credit, of what credit notes and negative invoices leave (--of notes), or of prepaid money
    (--of prepaid) where the rules allow: tallystick balance refundable.
    """
    from tallystick.flows.free_money import RefundOf
    from tallystick.flows.give_back import RefundWish, refund_credit
    from tallystick.gates.bank.sepa import write_pain001

    if given.cash and (to is not None or given.iban):
        raise typer.BadParameter("cash goes over the counter; leave out --to and --iban")
    present = act_for(operator)
    wish = RefundWish(
        account, amount, given.key, given.day or present.today, given.iban, given.name,
        RefundOf(given.of), given.cash, given.currency,
    )  # fmt: skip
    paid, is_new = refund_credit(wish, tenant_id=present.tenant_id, at=present.at)
    if to is not None:
        _write(write_pain001(paid), to)
    told = money(amount, paid.currency)
    said = f"{told} {paid.currency} of {account} go back to {paid.iban or paid.name}"
    if not is_new:
        said = f"the refund {given.key} was recorded before; nothing was changed"
    if not given.cash:
        said += f"; its file is {to}" if to else "; write its file with --to and the same key"
    tell(
        {
            "account": account,
            "key": given.key,
            "amount": told,
            "currency": paid.currency,
            "iban": paid.iban,
            "of": given.of,
            "cash": given.cash,
            "repeated": not is_new,
            "file": to,
        },
        as_json=as_json,
        said=said,
    )
