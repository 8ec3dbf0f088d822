"""The bank: statements in, and what of them needs a person."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tallystick.base.refusal import Refusal
from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import (
    NOT_ALL_WELL,
    REFUSED,
    examples,
    money,
    progress_bar,
    table_of,
    tell,
)
from tallystick.gates.cli.asking import AsJson, Operator, Present, Rows, act_for

if TYPE_CHECKING:
    from tallystick.flows.bank import StatementReport

app = typer.Typer()
bank = typer.Typer(no_args_is_help=True, help="The bank: statements in, lines that wait.")
app.add_typer(bank, name="bank")

Line = Annotated[int, typer.Argument(help="The line's number.", show_default=False)]
COLUMNS = ("file", "statement", "lines", "repeated", "matched", "amount", "waiting", "said")


@bank.command(
    "import", epilog=examples("bank import 2026-02-14.xml", "bank import statements/*.xml --json")
)
def import_files(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", show_default=False)],
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Import account statements (camt.053): payments for what matches, a worklist for the rest.

    A line counts once, however often it comes. Exit code 1 when a file could not be read (the
    others are taken), 3 when lines wait for a person.
    """
    present = act_for(operator)
    told: list[dict[str, Any]] = []
    for file in files:
        told += _import(file, present)
    waiting = any(row.get("waiting") for row in told)
    tell(
        {"files": told},
        as_json=as_json,
        table=table_of(COLUMNS, [[row.get(name) for name in COLUMNS] for row in told]),
        said="see: tallystick bank worklist" if waiting else "",
    )
    refused = any("error" in row for row in told)
    raise typer.Exit(REFUSED if refused else NOT_ALL_WELL if waiting else 0)


def _import(file: Path, present: Present) -> list[dict[str, Any]]:
    from tallystick.flows.bank import import_statement
    from tallystick.gates.bank.camt053 import read_camt053
    from tallystick.gates.files.streams import check_file

    try:
        check_file(file)
        statements = read_camt053(file)
    except Refusal as refusal:
        return [{"file": str(file), "error": refusal.code, "said": refusal.sentence()}]
    told = []
    for statement in statements:
        with progress_bar() as progress:
            report = import_statement(
                statement,
                tenant_id=present.tenant_id,
                filename=file.name,
                at=present.at,
                progress=progress,
            )
        told.append(_row(file, report, currency=statement.currency))
    return told


def _row(file: Path, report: "StatementReport", *, currency: str) -> dict[str, Any]:
    return {
        "file": str(file),
        "statement": report.number,
        "lines": report.lines,
        "repeated": report.repeated,
        "matched": report.matched,
        "amount": money(report.amount, currency),
        "currency": currency,
        "waiting": report.waiting,
        "restored": list(report.restored),
        "said": f"restored {', '.join(report.restored)}" if report.restored else "taken",
    }


@bank.command(epilog=examples("bank worklist", "bank worklist --json"))
def worklist(limit: Rows = 50, operator: Operator = None, as_json: AsJson = False) -> None:
    """List the lines that wait for a person, the oldest first."""
    from tallystick.domain.payments.models import BankLine, BankLineState

    present = act_for(operator)
    with acting_for(present.tenant_id):
        waiting = BankLine.objects.filter(state=BankLineState.WAITING).order_by("booked_on", "id")
        count = waiting.count()
        told = [
            {
                "line": one.id,
                "booked_on": one.booked_on,
                "amount": money(one.amount, one.currency),
                "currency": one.currency,
                "payer": one.payer,
                "payer_iban": one.payer_iban,
                "text": one.text,
                "reason": one.reason,
            }
            for one in waiting[:limit]
        ]
    columns = ["line", "booked_on", "amount", "currency", "payer", "text", "reason"]
    tell(
        {"waiting": count, "lines": told},
        as_json=as_json,
        table=table_of(columns, [[row[name] for name in columns] for row in told]),
        said=f"{count} lines wait" + (f"; the first {limit} are shown" if count > limit else ""),
    )


@bank.command(epilog=examples("bank assign 17 A-1001", "bank assign 17 A-1001 --json"))
def assign(
    line: Line,
    account: Annotated[str, typer.Argument(help="Whose payment it is.", show_default=False)],
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Say whose payment a waiting line is; from now on its bank account is known."""
    from tallystick.flows.bank import assign_line

    present = act_for(operator)
    report = assign_line(line, account=account, tenant_id=present.tenant_id, at=present.at)
    restored = f"; restored: {', '.join(report.restored)}" if report.restored else ""
    tell(
        {
            "line": line,
            "account": account,
            "allocations": report.allocations,
            "credit": report.credit,
            "restored": list(report.restored),
        },
        as_json=as_json,
        said=f"line {line} is a payment of {account}{restored}",
    )


@bank.command(
    "return",
    epilog=examples(
        "bank return 19 TSD000000000007 --reason AM04",
        "bank return 19 bank:DE02120300000000202051:R1/0 --reason recalled --json",
    ),
)
def return_(
    line: Line,
    reference: Annotated[
        str, typer.Argument(help="The end-to-end id, or the payment's key.", show_default=False)
    ],
    reason: Annotated[str, typer.Option(help="Why; a code of banks for a debit.")] = "MS03",
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Say which direct debit or payment a waiting line out takes back; the rest is costs."""
    from tallystick.flows.bank import return_line

    present = act_for(operator)
    report = return_line(
        line, reference=reference, reason=reason, tenant_id=present.tenant_id, at=present.at
    )
    owed = money(report.owed_again, report.currency)
    tell(
        {"line": line, "reference": reference, "account": report.account, "owed_again": owed,
         "currency": report.currency, "retry_on": report.following.retry_on},
        as_json=as_json,
        said=f"line {line} takes {reference} back; {report.account} owes {owed} again",
    )  # fmt: skip


@bank.command(
    epilog=examples(
        'bank ignore 18 --reason "our own transfer"', "bank ignore 19 --reason fees --json"
    )
)
def ignore(
    line: Line,
    reason: Annotated[str, typer.Option(help="Why; it is kept.", show_default=False)],
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Set a waiting line aside: it is nobody's payment."""
    from tallystick.flows.bank import ignore_line

    present = act_for(operator)
    ignore_line(line, reason=reason, tenant_id=present.tenant_id)
    tell({"line": line, "reason": reason}, as_json=as_json, said=f"line {line} is set aside")
