"""Price lists: checked, compared, tried on past usage, published, read again as they were."""

import re
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from tallystick.core.tariff.compare import Comparison, compare_catalogues
from tallystick.core.tariff.outline import one_line, outline_of
from tallystick.core.tariff.written import WrittenCatalogue
from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import examples, table_of, tell, tell_json
from tallystick.gates.cli.asking import AsJson, Operator, act_for, read_day
from tallystick.gates.cli.price_files import read_export, read_price_files, write_price_files

if TYPE_CHECKING:
    from tallystick.flows.acquire import Publishing

app = typer.Typer()
catalog = typer.Typer(
    no_args_is_help=True, help="Price lists: check, compare, publish, show, export."
)
app.add_typer(catalog, name="catalog")

CatalogueFile = Annotated[Path, typer.Argument(metavar="FILE", show_default=False)]
FromDay = Annotated[
    date,
    typer.Option("--from", parser=read_day, metavar="DAY", help="Its first day.",
                 show_default=False),
]  # fmt: skip
Version = Annotated[
    int | None,
    typer.Option("--version", min=1, help="The number of a version; else the one in force."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would change and publish nothing.")
]


@catalog.command(epilog=examples("catalog check prices.yaml", "catalog check prices.yaml --json"))
def check(file: CatalogueFile, as_json: AsJson = False) -> None:
    """Check a price list and the files beside it; every mistake is told at once. No database."""
    written = read_price_files(file)
    catalogue = written.read()
    offers = {offer.code: len(offer.components) for offer in catalogue.offers}
    rates = {deck.code: len(deck.rows) for deck in catalogue.decks.values()}
    tell(
        {"file": file.name, "currency": catalogue.currency, "offers": offers, "rates": rates},
        as_json=as_json,
        said=f"{file.name} is well: {len(offers)} offers with {sum(offers.values())} prices, "
        f"{len(rates)} rate tables with {sum(rates.values())} rates, in {catalogue.currency}",
    )


@catalog.command(epilog=examples("catalog schema", "catalog schema --json > prices.schema.json"))
def schema(as_json: AsJson = False) -> None:
    """Print the JSON Schema of a price list, for editors that complete and check YAML."""
    from tallystick.core.tariff.schema import catalogue_schema

    tell_json(catalogue_schema())


@catalog.command(
    epilog=examples("catalog diff prices.yaml draft.yaml", "catalog diff 3 draft.yaml --json")
)
def diff(
    old: Annotated[str, typer.Argument(help="A file, or the number of a published version.")],
    new: Annotated[str, typer.Argument(help="A file, or the number of a published version.")],
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Say what differs between two price lists, word by word; rate tables as counts and moves."""
    _tell_comparison(_compare(_written(old, operator), _written(new, operator)), as_json=as_json)


def _written(word: str, operator: str | None) -> WrittenCatalogue:
    """The price list in that file, or published under that number."""
    if not re.fullmatch("[0-9]{1,9}", word):
        return read_price_files(Path(word))
    from tallystick.domain.catalog.queries import written_version

    with acting_for(act_for(operator).tenant_id):
        return written_version(int(word))


def _compare(old: WrittenCatalogue, new: WrittenCatalogue) -> Comparison:
    return compare_catalogues(old.read(), old_text=old.text, new=new.read(), new_text=new.text)


def _tell_comparison(found: Comparison, *, as_json: bool) -> None:
    if as_json:
        tell_json(found)
        return
    for change in found.changes:
        print(change.sentence())
    for deck in found.decks:
        print(deck.sentence())
        for move in deck.moves:
            percent = "" if move.percent is None else f" ({move.percent:+f} %)"
            print(f"  {move.key}: {move.before} -> {move.after}{percent}")
    if not found:
        print("both price alike")


@catalog.command(
    epilog=examples(
        "catalog publish prices.yaml --from 2026-01-01",
        "catalog publish prices.yaml --from 2026-04-01 --operator larkspur --dry-run",
        "catalog publish mended.yaml --from 2026-01-01 --correct",
    )
)
def publish(
    file: CatalogueFile,
    valid_from: FromDay,
    correct: Annotated[
        bool, typer.Option("--correct", help="In the place of the version of that day.")
    ] = False,
    operator: Operator = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Publish a price list from a day on, whole or not at all; see it first with --dry-run.

    With --correct it takes the place of the version that begins on that day, which is kept as it
    was published. What was rated stays until it is rated again: see `rerate`.
    """
    from tallystick.flows.acquire import Publishing

    written, how = read_price_files(file), Publishing(correct=correct, keep=not dry_run)
    _publish(written, valid_from=valid_from, operator=operator, how=how, as_json=as_json)


@catalog.command(
    "import",
    epilog=examples(
        "catalog import prices-now --dry-run", "catalog import prices-now --operator larkspur"
    ),
)
def take_in(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="What export wrote.")],
    operator: Operator = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Publish an exported price list, as it was and from its own first day, for an operator."""
    from tallystick.flows.acquire import Publishing

    (written, day), how = read_export(folder), Publishing(keep=not dry_run, before=True)
    _publish(written, valid_from=day, operator=operator, how=how, as_json=as_json)


def _publish(
    written: WrittenCatalogue,
    *,
    valid_from: date,
    operator: str | None,
    how: "Publishing",
    as_json: bool,
) -> None:
    from tallystick.domain.catalog.queries import published_versions, written_version
    from tallystick.flows.acquire import publish_catalogue

    present = act_for(operator)
    with acting_for(present.tenant_id):
        before = published_versions()
        last = written_version(before[-1].number) if before else None
    version = publish_catalogue(
        written.text,
        tenant_id=present.tenant_id,
        name=written.name,
        files=written.files,
        valid_from=valid_from,
        at=present.at,
        how=how,
    )
    changed = _compare(last, written) if last and not how.keep else None
    document = {
        "version": version.number,
        "valid_from": version.valid_from,
        "digest": version.digest,
        "published": how.keep,
    }
    if not how.keep:
        document["changes"] = changed
    if changed is not None and not as_json:
        _tell_comparison(changed, as_json=False)
    done = "published" if how.keep else "nothing is published; this would be"
    tell(
        document,
        as_json=as_json,
        said=f"{done} version {version.number} of {present.tenant.code}'s prices, "
        f"valid from {version.valid_from}",
    )


@catalog.command("list", epilog=examples("catalog list", "catalog list --json"))
def list_versions(operator: Operator = None, as_json: AsJson = False) -> None:
    """List the published versions, and which one is in force."""
    from tallystick.domain.catalog.queries import published_versions

    present = act_for(operator)
    with acting_for(present.tenant_id):
        versions = published_versions()
    rows = [{**asdict(v), "in_force": v.in_force(present.today)} for v in versions]
    columns = ("version", "from", "to", "in force", "published", "file", "digest")
    table = table_of(
        columns,
        [
            (v.number, v.valid_from, v.valid_to, v.in_force(present.today),
             v.published_at.astimezone(ZoneInfo(present.tenant.zone)), v.name, v.digest[:12])
            for v in versions
        ],
    )  # fmt: skip
    said = "" if versions else "no price list is published yet"
    tell({"versions": rows}, as_json=as_json, table=table if versions else None, said=said)


@catalog.command(epilog=examples("catalog show", "catalog show mobile-m --version 2"))
def show(
    offer: Annotated[str | None, typer.Argument(help="An offer's code; else all.")] = None,
    version: Version = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Show offers as the price list they are, in the words they were written in."""
    from tallystick.domain.catalog.queries import UnknownOffer, published_version, written_version

    present = act_for(operator)
    with acting_for(present.tenant_id):
        found = published_version(number=version, on=present.today)
        outline = outline_of(written_version(found.number).text)
    if offer is not None and offer not in outline.offers:
        raise UnknownOffer(offer=offer, known=", ".join(outline.offers))
    offers = [offer] if offer else list(outline.offers)
    told = [
        {
            "offer": code,
            **outline.offers[code],
            "prices": {n: words for (c, n), words in outline.components.items() if c == code},
        }
        for code in offers
    ]
    rows = []
    for code in offers:
        rows.append((code, "", one_line(outline.offers[code])))
        rows += [("", n, one_line(w)) for (c, n), w in outline.components.items() if c == code]
    table = table_of(("offer", "price", "what it says"), rows)
    until = "" if found.valid_to is None else f" until before {found.valid_to}"
    tell(
        {"version": found.number, "valid_from": found.valid_from, "offers": told},
        as_json=as_json,
        table=table,
        said=f"version {found.number}, valid from {found.valid_from}{until}",
    )


@catalog.command(epilog=examples("catalog export prices-now", "catalog export old --version 1"))
def export(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder.")],
    version: Version = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Write a published version into a folder, byte for byte, with its files and a manifest."""
    from tallystick.domain.catalog.queries import published_version, written_version

    present = act_for(operator)
    with acting_for(present.tenant_id):
        found = published_version(number=version, on=present.today)
        written = written_version(found.number)
    names = write_price_files(written, version=found, folder=folder)
    tell(
        {"version": found.number, "folder": folder, "files": names},
        as_json=as_json,
        said=f"wrote version {found.number} into {folder}: {', '.join(names)}",
    )
