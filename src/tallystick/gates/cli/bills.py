"""Bills: running them, rehearsing them, looking at invoices."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tallystick.base.money import plain
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
from tallystick.gates.cli.asking import (
    AsJson,
    CreditedLines,
    CreditedParts,
    Day,
    Operator,
    Rows,
    act_for,
    credited_parts,
    one_of,
)
from tallystick.gates.cli.worklist import gone_said, lacking_said, lacking_told

if TYPE_CHECKING:
    from tallystick.domain.invoices.models import Invoice, InvoiceLine, InvoiceTax, OpenItem
    from tallystick.flows.rehearse import Rehearsal

app = typer.Typer()
bill = typer.Typer(no_args_is_help=True, help="Bill runs: rehearse, run, approve what waits.")
invoice = typer.Typer(no_args_is_help=True, help="Invoices: show, print, credit, void, bill again.")
app.add_typer(bill, name="bill")
app.add_typer(invoice, name="invoice")

Number = Annotated[str, typer.Argument(help="The invoice's number.", show_default=False)]


@bill.command(
    epilog=examples(
        "bill run --date 2026-02-01", "bill run --hold", "bill run --operator lark --json"
    )
)
def run(
    day: Day = None,
    hold: Annotated[
        bool, typer.Option("--hold", help="Draft the bills and issue none until approved.")
    ] = False,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Bill everybody who is due by that day; the same day again bills only what was left.

    What is held for approval is listed by: tallystick bill drafts. Exit code 3 when invoices were
    held back because something about them is wrong, with the reason of each.
    """
    from tallystick.flows.hold import Choice
    from tallystick.flows.invoice import run_bills

    present = act_for(operator)
    on = day or present.today
    with progress_bar() as progress:
        report = run_bills(
            tenant_id=present.tenant_id,
            on=on,
            at=present.at,
            choice=Choice(hold_all=hold),
            progress=progress,
        )
    totals = moneys(report.totals)
    tell(
        {
            "bill_date": report.bill_date,
            "invoices": report.invoices,
            "totals": totals,
            "held": _held(report.held),
            "drafts": report.drafts,
            "dropped": list(report.dropped),
            "lacking_rates": lacking_told(report.lacking_rates),
        },
        as_json=as_json,
        table=_held_table(report.held),
        said=f"{report.bill_date}: {report.invoices} invoices{_in_words(totals)}"
        + (f"; {report.drafts} wait for approval: tallystick bill drafts" if report.drafts else "")
        + gone_said(report.dropped)
        + lacking_said(report.lacking_rates),
    )
    raise typer.Exit(NOT_ALL_WELL if report.held else 0)


@bill.command(
    epilog=examples("bill rehearse --date 2026-02-01", "bill rehearse --date 2026-02-01 --json")
)
def rehearse(day: Day = None, operator: Operator = None, as_json: AsJson = False) -> None:
    """Say what a bill run would do and how that differs from the last bills; nothing is stored.

    Told are accounts never billed before (new), billed a cycle ago and not now (missing), and more
    than 20 % from their last bill (off). Exit code 3 when invoices would be held back.
    """
    from tallystick.flows.rehearse import rehearse_bills

    present = act_for(operator)
    with progress_bar() as progress:
        told = rehearse_bills(
            tenant_id=present.tenant_id, on=day or present.today, progress=progress
        )
    _tell_rehearsal(told, as_json=as_json)
    raise typer.Exit(NOT_ALL_WELL if told.held else 0)


def _tell_rehearsal(told: "Rehearsal", *, as_json: bool) -> None:
    compared = [
        {
            "account": one.account,
            "difference": str(one.difference),
            "currency": one.currency,
            "total": None if one.total is None else money(one.total, one.currency),
            "before": None if one.before is None else money(one.before, one.currency),
            "before_number": one.before_number,
        }
        for one in told.compared
    ]
    totals = moneys(told.totals)
    waiting = (
        f" {told.waiting_batches} usage files wait to be charged: tallystick rate"
        if told.waiting_batches
        else ""
    )
    held = f", {len(told.held)} held back" if told.held else ""
    tell(
        {
            "bill_date": told.bill_date,
            "invoices": told.invoices,
            "totals": totals,
            "compared": compared,
            "held": _held(told.held),
            "waiting_batches": told.waiting_batches,
            "lacking_rates": lacking_told(told.lacking_rates),
        },
        as_json=as_json,
        table=table_of(
            ["account", "", "currency", "now", "last", "last number"],
            [tuple(row.values()) for row in compared],
        )
        if compared
        else None,
        said=f"{told.bill_date}: would issue {told.invoices} invoices{_in_words(totals)}{held}; "
        f"nothing was stored.{waiting}{lacking_said(told.lacking_rates)}",
    )


def _held(held: tuple[dict[str, str], ...]) -> list[dict[str, Any]]:
    return [{"code": one["code"], "parameters": json.loads(one["parameters"])} for one in held]


def _held_table(held: tuple[dict[str, str], ...]) -> Any:
    rows = [(one["code"], one["parameters"]) for one in held]
    return table_of(["held because", ""], rows) if rows else None


def _in_words(totals: dict[str, str]) -> str:
    told = ", ".join(f"{total} {currency}" for currency, total in sorted(totals.items()))
    return f" of {told}" if told else ""


@invoice.command(
    "list", epilog=examples("invoice list --account A-1001", "invoice list --open --json")
)
def list_invoices(
    account: Annotated[str | None, typer.Option(help="Only this account's.")] = None,
    only_open: Annotated[bool, typer.Option("--open", help="Only those not paid.")] = False,
    limit: Rows = 30,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """List invoices, the latest first."""
    from tallystick.domain.invoices.history import recent_invoices
    from tallystick.domain.parties.queries import account_numbered

    present = act_for(operator)
    with acting_for(present.tenant_id):
        account_id = account_numbered(account).id if account else None
        found = recent_invoices(account_id=account_id, only_open=only_open, count=limit)
        told = [_head(one, item) for one, item in found]
    columns = ["number", "account", "name", "issued_on", "due_on", "currency", "total", "open"]
    tell(
        {"invoices": told},
        as_json=as_json,
        table=table_of(columns, [[row[name] for name in columns] for row in told]),
    )


@invoice.command(
    epilog=examples("invoice show INV-2026-000001", "invoice show INV-2026-000001 --json")
)
def show(number: Number, operator: Operator = None, as_json: AsJson = False) -> None:
    """Show an invoice with its lines and taxes."""
    from tallystick.domain.invoices.history import lines_and_taxes
    from tallystick.domain.invoices.models import OpenItem
    from tallystick.domain.invoices.queries import invoice_numbered

    present = act_for(operator)
    with acting_for(present.tenant_id):
        found = invoice_numbered(number)
        item = OpenItem.objects.filter(account_id=found.account_id, invoice_id=found.id).first()
        lines, taxes = lines_and_taxes(found)
        head = _head(found, item)
        told = [_line(line, found.currency) for line in lines]
    columns = ["line", "contract", "description", "period_from", "period_to", "quantity", "unit",
               "unit_price", "per", "net"]  # fmt: skip
    title = (
        f"{head['number']} for {head['name']} ({head['account']}), issued {head['issued_on']}, "
        f"due {head['due_on']}"
    )
    sums = [f"net {head['net']}"]
    sums += [f"{tax.name} {plain(tax.rate)} % {money(tax.tax, found.currency)}" for tax in taxes]
    sums += [f"total {head['total']} {found.currency}", f"open {head['open']}"]
    if head["void_since"]:
        sums.append(f"void since {head['void_since']} ({head['void_reason']})")
    tell(
        {**head, "lines": told, "taxes": [_tax(tax, found.currency) for tax in taxes]},
        as_json=as_json,
        table=table_of(columns, [[row[name] for name in columns] for row in told], title=title),
        said=", ".join(sums),
    )


def _head(found: "Invoice", item: "OpenItem | None") -> dict[str, Any]:
    from tallystick.domain.invoices.voids import void_of

    void = void_of(found)
    left = item.total - item.settled if item and not void else found.total - found.total
    return {
        "number": found.number,
        "kind": found.kind,
        "account": found.account.number,
        "name": found.account.party.name,
        "issued_on": found.issued_on,
        "due_on": found.due_on,
        "currency": found.currency,
        "net": money(found.net, found.currency),
        "tax": money(found.tax, found.currency),
        "total": money(found.total, found.currency),
        "open": money(left, found.currency),
        "state": "void" if void else item.state if item else "paid",
        "void_since": void.voided_on if void else None,
        "void_reason": void.reason if void else None,
    }


def _line(line: "InvoiceLine", currency: str) -> dict[str, Any]:
    return {
        "line": line.line_no,
        "contract": line.contract.number,
        "purpose": line.purpose,
        "description": line.description,
        "period_from": line.period_from,
        "period_to": line.period_to,
        "quantity": plain(line.quantity),
        "unit": line.unit,
        "unit_price": None if line.unit_price is None else plain(line.unit_price),
        "per": plain(line.per),
        "exact": plain(line.exact),
        "net": money(line.net, currency),
        "tax_category": line.tax_category,
    }


def _tax(tax: "InvoiceTax", currency: str) -> dict[str, Any]:
    return {
        "name": tax.name,
        "code": tax.code,
        "rate": plain(tax.rate),
        "taxable": money(tax.taxable, currency),
        "tax": money(tax.tax, currency),
    }


@invoice.command(
    epilog=examples(
        "invoice credit INV-2026-000001 --rehearse",
        "invoice credit INV-2026-000001 --line 3",
        "invoice credit INV-2026-000001 --part 2=4.50 --json",
    )
)
def credit(
    number: Number,
    line: CreditedLines = None,
    part: CreditedParts = None,
    rehearse: Annotated[bool, typer.Option("--rehearse", help="Say it; store nothing.")] = False,
    day: Day = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Credit an invoice, some lines of it or parts of them, by a credit note of its own."""
    from tallystick.flows.credit import credit_invoice

    parts = credited_parts(line, part)
    present = act_for(operator)
    made = credit_invoice(
        number,
        parts=parts,
        tenant_id=present.tenant_id,
        on=day or present.today,
        at=present.at,
        rehearse=rehearse,
    )
    sums = {name: money(getattr(made, name), made.currency) for name in ("net", "tax", "total")}
    said = f"credits {sums['total']} {made.currency} of {number}"
    tell(
        {"number": made.number, "corrects": number, "currency": made.currency, **sums},
        as_json=as_json,
        said=f"it would be a note that {said}; nothing was stored"
        if rehearse
        else f"{made.number} {said}",
    )


Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Else named by its number; - is stdout."),
]


@invoice.command(
    epilog=examples(
        "invoice pdf INV-2026-000001",
        "invoice pdf INV-2026-000001 -o bill.pdf",
        "invoice pdf INV-2026-000001 --factur-x",
    )
)
def pdf(
    number: Number,
    output: Output = None,
    facturx: Annotated[
        bool, typer.Option("--factur-x", help="As PDF/A-3 with the electronic invoice inside.")
    ] = False,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Print an invoice as PDF; the same invoice gives the same bytes every time."""
    from tallystick.flows.document import print_invoice
    from tallystick.gates.documents.electronic.facturx import render_facturx
    from tallystick.gates.documents.render import render_invoice

    present = act_for(operator)
    printer = render_facturx if facturx else render_invoice
    content = print_invoice(number, tenant_id=present.tenant_id, printer=printer)
    _write(content, number, ending="pdf", output=output, as_json=as_json)


@invoice.command(
    epilog=examples(
        "invoice xml INV-2026-000001", "invoice xml INV-2026-000001 --syntax cii -o invoice.xml"
    )
)
def xml(
    number: Number,
    syntax: Annotated[
        str, typer.Option(parser=one_of("ubl", "cii"), metavar="ubl|cii", help="How it is written.")
    ] = "ubl",
    output: Output = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Write an invoice as an electronic one (EN 16931), in UBL 2.1 or CII."""
    from tallystick.flows.document import print_invoice
    from tallystick.gates.documents.electronic.cii import write_cii
    from tallystick.gates.documents.electronic.ubl import write_ubl

    present = act_for(operator)
    printer = write_cii if syntax == "cii" else write_ubl
    content = print_invoice(number, tenant_id=present.tenant_id, printer=printer)
    _write(content, number, ending="xml", output=output, as_json=as_json)


@invoice.command(
    epilog=examples("invoice usage INV-2026-000001", "invoice usage INV-2026-000001 -o - | head")
)
def usage(
    number: Number, output: Output = None, operator: Operator = None, as_json: AsJson = False
) -> None:
    """Write the usage that an invoice bills as CSV, a row for each rated line."""
    from tallystick.flows.list_usage import usage_of
    from tallystick.gates.documents.usage_csv import write_usage

    present = act_for(operator)
    content = write_usage(usage_of(number, tenant_id=present.tenant_id))
    _write(content, number, ending="csv", output=output, as_json=as_json)


def _write(content: bytes, number: str, *, ending: str, output: Path | None, as_json: bool) -> None:
    if str(output) == "-":
        typer.get_binary_stream("stdout").write(content)
        return
    place = output or Path(f"{number.replace('/', '-')}.{ending}")
    place.write_bytes(content)
    tell(
        {"number": number, "file": place, "bytes": len(content)},
        as_json=as_json,
        said=f"{number} is in {place}",
    )
