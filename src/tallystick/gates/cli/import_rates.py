"""Tariffs of others as price lists of ours."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from tallystick.gates.cli.answers import NOT_ALL_WELL, examples, tell, tell_json
from tallystick.gates.cli.asking import AsJson, read_content, read_zone, spread
from tallystick.gates.cli.price_files import PlaceTaken

EXAMPLES: Final = examples(
    "catalog import-urdb rate.json --zone America/Chicago",
    "catalog import-urdb rate.json --zone America/Chicago --offer large-power --out prices.yaml",
    "catalog import-urdb rate.json --zone America/Chicago --peaks peaks-2026.txt",
)


def join(catalog: typer.Typer) -> None:
    """Adds the command to those about price lists."""
    catalog.command("import-urdb", epilog=EXAMPLES)(import_urdb)


@dataclass(frozen=True, slots=True)
class Unsaid:
    """What the file does not say."""

    zone: Annotated[
        str,
        typer.Option(
            parser=read_zone, metavar="ZONE", help="Of the utility's clock.", show_default=False
        ),
    ]
    currency: Annotated[str, typer.Option(help="Of its prices.")] = "USD"
    offer: Annotated[str | None, typer.Option(help="The offer's code; else from its name.")] = None
    window: Annotated[
        int | None,
        typer.Option(min=1, max=1440, help="Minutes in which demand is measured; else the file's."),
    ] = None
    peaks: Annotated[
        Path | None,
        typer.Option(help="Hours of the network's own peaks, one a line: 2026-01-14 17:00."),
    ] = None


@spread
def import_urdb(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False)],
    unsaid: Unsaid,
    out: Annotated[Path | None, typer.Option(help="Write it there, not on the screen.")] = None,
    as_json: AsJson = False,
) -> None:
    """Turn a utility tariff of the OpenEI rate database into a price list. No database.

    What is assumed and what cannot be said is told line by line; exit code 3 when something of
    the tariff is left out.
    """
    from tallystick.core.tariff.read import read_catalogue
    from tallystick.gates.files.urdb import ImportTerms, import_rate
    from tallystick.gates.files.urdb_peaks import read_peaks

    if out is not None and out.exists():
        raise PlaceTaken(path=str(out))
    peaks = unsaid.peaks
    hours = () if peaks is None else read_peaks(read_content(peaks), file=peaks.name)
    terms = ImportTerms(unsaid.zone, unsaid.currency, unsaid.offer, unsaid.window, hours)
    made = import_rate(read_content(file), file=file.name, terms=terms)
    read_catalogue(made.text, name=out.name if out else "prices.yaml", files={})
    if out is not None:
        out.write_text(made.text)
    if as_json:
        tell_json({"text": made.text, "notes": made.notes, "left_out": made.left_out})
    else:
        for note in made.notes:
            print(f"note: {note}", file=sys.stderr)
        for told in made.left_out:
            print(f"left out: {told}", file=sys.stderr)
        tell({}, as_json=False, said=f"wrote {out}" if out else "")
        if out is None:
            print(made.text, end="")
    raise typer.Exit(NOT_ALL_WELL if made.left_out else 0)
