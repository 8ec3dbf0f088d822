"""The tax table: checked, compared, tried, put in force, read again as it was."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import examples, table_of, tell
from tallystick.gates.cli.asking import (
    AsJson,
    Day,
    Operator,
    Present,
    act_for,
    read_text,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tallystick.core.invoice.compare_taxes import TaxChange
    from tallystick.domain.tenants.models import SettingVersion

app = typer.Typer()
taxes = typer.Typer(
    no_args_is_help=True, help="The tax table: check, compare, publish, show, export."
)
app.add_typer(taxes, name="taxes")

File = Annotated[Path, typer.Argument(metavar="FILE.yaml", show_default=False)]
Version = Annotated[
    int | None, typer.Option("--version", min=1, help="The number of a table; else that in force.")
]
FileOrNumber = Annotated[
    str, typer.Argument(help="A file, or the number of a table.", show_default=False)
]


@taxes.command(epilog=examples("taxes check taxes.yaml", "taxes check taxes.yaml --json"))
def check(file: File, as_json: AsJson = False) -> None:
    """Read a tax table and tell every mistake at once, with its line; nothing is stored."""
    from tallystick.core.invoice.read_taxes import read_taxes

    rows = read_taxes(read_text(file), name=file.name)
    places = sorted({row.jurisdiction for row in rows})
    categories = sorted({row.category for row in rows})
    tell(
        {"file": file.name, "rates": len(rows), "places": places, "categories": categories},
        as_json=as_json,
        said=f"{file.name} is well: {len(rows)} rates in {', '.join(places) or 'no place'} of "
        f"{', '.join(categories) or 'no category'}",
    )


@taxes.command(epilog=examples("taxes diff taxes.yaml", "taxes diff 1 taxes-2027.yaml --json"))
def diff(
    old: FileOrNumber,
    new: Annotated[
        str | None, typer.Argument(help="Another; else OLD is compared with that in force.")
    ] = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Say which rates differ and on which days: of one table from that in force, or of two."""
    from tallystick.core.invoice.compare_taxes import compare_taxes
    from tallystick.core.invoice.read_taxes import read_taxes

    if new is None:
        before, after = act_for(operator).tenant.taxes, _text(old, operator)
    else:
        before, after = _text(old, operator), _text(new, operator)
    changes = compare_taxes(
        read_taxes(before, name=old if new else "the table in force"),
        new=read_taxes(after, name=new or old),
    )
    tell(
        {"changes": _told(changes)},
        as_json=as_json,
        said=_in_words(changes) if changes else "both tax alike",
    )


@taxes.command(
    epilog=examples(
        "taxes publish taxes-2027.yaml --dry-run",
        "taxes publish taxes-2027.yaml",
        "taxes publish mended.yaml --change-taxed-days --json",
    )
)
def publish(
    file: File,
    taxed_days: Annotated[
        bool,
        typer.Option(
            "--change-taxed-days", help="Even where taxes of days with invoices change by it."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change and publish nothing.")
    ] = False,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Put a whole tax table in the place of that in force; see it first with --dry-run.

    Its rows say from which days they hold, so publish ahead of a new rate's first day and keep the
    old rows. What was issued stays as it is, and credit notes keep the rates of their invoice.
    """
    from tallystick.flows.tax_table import publish_taxes

    present = act_for(operator)
    done = publish_taxes(
        read_text(file),
        file=file.name,
        tenant_id=present.tenant_id,
        at=present.at,
        taxed_days=taxed_days,
        keep=not dry_run,
    )
    taxed = sum(one.documents for one in done.taxed)
    if done.number is None:
        said = f"{file.name} is in force already; nothing was changed"
    else:
        said = "\n".join([
            *(change.sentence() for change in done.changes),
            *([f"{taxed} invoices or postings of such days stay as they are"] if taxed else []),
            f"{'nothing is published; this would be' if dry_run else 'published'} tax table "
            f"{done.number} of {present.tenant.code}",
        ])  # fmt: skip
    tell(
        {
            "table": done.number,
            "published": done.number is not None and not dry_run,
            "changes": _told(done.changes),
            "taxed_before": taxed,
        },
        as_json=as_json,
        said=said,
    )


@taxes.command(epilog=examples("taxes show", "taxes show --date 2027-01-01 --json"))
def show(day: Day = None, operator: Operator = None, as_json: AsJson = False) -> None:
    """Show the rates and levies that hold on a day, by the table in force."""
    from tallystick.core.invoice.read_taxes import read_taxes
    from tallystick.core.invoice.tax import in_force

    present = act_for(operator)
    on = day or present.today
    rows = [
        (row.jurisdiction, row.category, row.customer_kind, row.seller_region.value, row.tax,
         row.percent, row.levy, row.levy_unit, row.code.value, row.valid_from, row.valid_until)
        for row in read_taxes(present.tenant.taxes, name="taxes")
        if in_force(on, valid_from=row.valid_from, valid_until=row.valid_until)
    ]  # fmt: skip
    columns = ["place", "category", "for", "region", "tax", "percent", "levy", "per", "code",
               "from", "to"]  # fmt: skip
    tell(
        {"on": on, "rates": [dict(zip(columns, row, strict=True)) for row in rows]},
        as_json=as_json,
        table=table_of(columns, rows) if rows else None,
        said=f"{len(rows)} rates on {on}; `to` is the first day without"
        if rows
        else f"no rate holds on {on}; publish a table with: tallystick taxes publish FILE",
    )


@taxes.command("list", epilog=examples("taxes list", "taxes list --json"))
def list_versions(operator: Operator = None, as_json: AsJson = False) -> None:
    """List the tax tables that were ever in force, the first first, and since when each was."""
    present = act_for(operator)
    versions = _versions(present)
    last = versions[-1].number
    rows = [
        {"table": one.number, "since": one.set_at, "file": one.file or None,
         "in_force": one.number == last}
        for one in versions
    ]  # fmt: skip
    columns = ["table", "since", "file", "in force"]
    table = [
        (row["table"], present.local(one.set_at), row["file"] or "(opened with)", row["in_force"])
        for row, one in zip(rows, versions, strict=True)
    ]
    tell({"tables": rows}, as_json=as_json, table=table_of(columns, table))


@taxes.command(
    epilog=examples("taxes export taxes-now.yaml", "taxes export old.yaml --version 1 --json")
)
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file; - is stdout.")],
    version: Version = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Write a tax table to a file, byte for byte as it was published."""
    found = _version(act_for(operator), version)
    if str(file) == "-":
        typer.get_binary_stream("stdout").write(found.text.encode())
        return
    with file.open("xb") as new:
        new.write(found.text.encode())
    tell(
        {"table": found.number, "file": file},
        as_json=as_json,
        said=f"wrote tax table {found.number} to {file}",
    )


def _versions(present: Present) -> "Sequence[SettingVersion]":
    from tallystick.domain.tenants.settings import TAXES, versions_of

    with acting_for(present.tenant_id):
        return versions_of(TAXES, tenant=present.tenant, now=present.tenant.taxes)


def _version(present: Present, number: int | None) -> "SettingVersion":
    from tallystick.domain.tenants.settings import UnknownVersion

    versions = _versions(present)
    if number is not None and number > len(versions):
        raise UnknownVersion(setting="tax table", number=number, known=len(versions))
    return versions[-1 if number is None else number - 1]


def _text(word: str, operator: str | None) -> str:
    """The text of that file, or of the table of that number."""
    if re.fullmatch("[1-9][0-9]{0,8}", word):
        return str(_version(act_for(operator), int(word)).text)
    return read_text(Path(word))


def _told(changes: "Sequence[TaxChange]") -> list[dict[str, Any]]:
    return [
        {
            "jurisdiction": one.jurisdiction,
            "category": one.category,
            "for": one.customer_kinds,
            "region": one.near.value,
            "from": one.valid_from,
            "to": one.valid_until,
            "before": one.before,
            "after": one.after,
        }
        for one in changes
    ]


def _in_words(changes: "Sequence[TaxChange]") -> str:
    return "\n".join(change.sentence() for change in changes)
