"""Price lists: checking one, publishing one."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
import yaml

from tallystick.gates.cli.answers import examples, tell
from tallystick.gates.cli.asking import (
    AsJson,
    Operator,
    act_for,
    read_content,
    read_day,
    read_text,
)
from tallystick.gates.files.streams import FileMissing

app = typer.Typer()
catalog = typer.Typer(no_args_is_help=True, help="Price lists: check one, publish one.")
app.add_typer(catalog, name="catalog")

CatalogueFile = Annotated[Path, typer.Argument(metavar="FILE", show_default=False)]


@catalog.command(epilog=examples("catalog check prices.yaml", "catalog check prices.yaml --json"))
def check(file: CatalogueFile, as_json: AsJson = False) -> None:
    """Check a price list and the rate tables beside it; every mistake is told at once."""
    from tallystick.core.tariff.read import read_catalogue

    text = read_text(file)
    catalogue = read_catalogue(text, name=file.name, files=files_beside(file, text))
    offers = {offer.code: len(offer.components) for offer in catalogue.offers}
    rates = {deck.code: len(deck.rows) for deck in catalogue.decks.values()}
    tell(
        {"file": file.name, "currency": catalogue.currency, "offers": offers, "rates": rates},
        as_json=as_json,
        said=f"{file.name} is well: {len(offers)} offers with {sum(offers.values())} prices, "
        f"{len(rates)} rate tables with {sum(rates.values())} rates, in {catalogue.currency}",
    )


@catalog.command(
    epilog=examples(
        "catalog publish prices.yaml --from 2026-01-01",
        "catalog publish prices.yaml --from 2026-04-01 --operator larkspur",
    )
)
def publish(
    file: CatalogueFile,
    valid_from: Annotated[
        date,
        typer.Option("--from", parser=read_day, metavar="DAY", help="Its first day.",
                     show_default=False),
    ],
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Publish a price list from a day on, whole or not at all."""
    from tallystick.flows.acquire import publish_catalogue

    present = act_for(operator)
    text = read_text(file)
    version = publish_catalogue(
        text,
        tenant_id=present.tenant_id,
        name=file.name,
        files=files_beside(file, text),
        valid_from=valid_from,
        at=present.at,
    )
    tell(
        {"version": version.number, "valid_from": version.valid_from, "digest": version.digest},
        as_json=as_json,
        said=f"published version {version.number} of {present.tenant.code}'s prices, "
        f"valid from {version.valid_from}",
    )


def files_beside(file: Path, text: str) -> dict[str, bytes]:
    """The rate tables that the text names; what is not beside it is told by its check."""
    try:
        written = yaml.load(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError):
        return {}
    tables = (
        [written.get(word) for word in ("decks", "series")] if isinstance(written, dict) else []
    )
    named = [inner for table in tables if isinstance(table, dict) for inner in table.values()]
    names = {str(deck["file"]) for deck in named if isinstance(deck, dict) and deck.get("file")}
    found = {}
    for name in sorted(names):
        if Path(name).name == name:
            try:
                found[name] = read_content(file.parent / name)
            except FileMissing:
                continue
    return found
