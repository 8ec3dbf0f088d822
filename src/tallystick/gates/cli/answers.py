"""How the command line answers: one JSON document or a table, a sentence for a refusal, a bar."""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import typer
from django.db import DataError
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text
from typer.core import TyperGroup

from tallystick.base.money import plain, round_minor
from tallystick.base.progress import Progress, silent
from tallystick.base.refusal import Refusal

DONE, REFUSED, WRONG_USAGE, NOT_ALL_WELL, INTERRUPTED = 0, 1, 2, 3, 130
EXIT_CODES: Final = (
    "Exit codes: 0 done, 1 refused, 2 wrong usage, 3 done but something was rejected, held back or "
    "does not reconcile, 130 stopped by Ctrl-C."
)
_NUMBER: Final = re.compile(r"(-?[0-9]+(\.[0-9]+)?)?")
PIPE_WIDTH: Final = 200
"""Columns of a table that no terminal shows."""

STOPPED: Final = (
    "Stopped. Everything that was committed stays; run the same command again and it goes on."
)


@dataclass
class ValueNotStorable(Refusal):
    code = "value_not_storable"
    problem: str = ""

    def sentence(self) -> str:
        return f"a value is too long or out of range ({self.problem}); shorten or correct it"


@dataclass
class FileFault(Refusal):
    code = "file_fault"
    path: str = ""
    problem: str = ""

    def sentence(self) -> str:
        return f"{self.path}: {self.problem}; choose another place or give us the right to it"


class Commands(TyperGroup):
    """A group of commands that answers refusals and Ctrl-C as the exit codes say."""

    def invoke(self, ctx: Any) -> Any:
        as_json = "--json" in ctx.args
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            tell_refusal(refusal, as_json=as_json)
        except DataError as fault:
            problem = str(fault).strip().splitlines()[0]
            tell_refusal(ValueNotStorable(problem=problem), as_json=as_json)
        except OSError as fault:
            if fault.filename is None:
                raise
            problem = fault.strerror or str(fault)
            tell_refusal(FileFault(path=str(fault.filename), problem=problem), as_json=as_json)
        except KeyboardInterrupt:
            print(f"\n{STOPPED}", file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None
        raise typer.Exit(REFUSED)


def tell_refusal(refusal: Refusal, *, as_json: bool) -> None:
    """The sentence on stderr; with JSON also code, sentence and parameters on stdout."""
    print(refusal.sentence(), file=sys.stderr)
    if as_json:
        parameters = {field.name: getattr(refusal, field.name) for field in fields(refusal)}
        tell_json({"error": refusal.code, "sentence": refusal.sentence(), "parameters": parameters})


def tell_json(document: object) -> None:
    """One JSON document: decimals as exact strings, dates as ISO 8601."""
    print(json.dumps(document, ensure_ascii=False, indent=2, default=_as_json))


def _as_json(value: object) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON")


def tell(
    document: Mapping[str, Any], *, as_json: bool, table: Table | None = None, said: str = ""
) -> None:
    """The document as JSON, or else the table and the sentence."""
    if as_json:
        tell_json(document)
        return
    console = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)
    if table is not None:
        console.print(table)
    if said:
        console.print(Text(said))


def table_of(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> Table:
    """A table in which numbers stand to the right and text is shown as it is."""
    kept = [[_as_text(cell) for cell in row] for row in rows]
    table = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left")
    for at, name in enumerate(columns):
        numbers = bool(kept) and all(_NUMBER.fullmatch(row[at]) for row in kept)
        table.add_column(name, justify="right" if numbers else "left", overflow="fold")
    for row in kept:
        table.add_row(*map(Text, row))
    return table


def _as_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, Decimal):
        return plain(cell)
    if isinstance(cell, dict):
        return ", ".join(f"{name} {value}" for name, value in cell.items())
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    return str(cell)


def money(amount: Decimal, currency: str) -> str:
    """The amount with the decimals of its currency."""
    return format(round_minor(amount, currency=currency), "f")


def moneys(totals: Mapping[str, Decimal]) -> dict[str, str]:
    """Totals by currency with the decimals of each."""
    return {currency: money(total, currency) for currency, total in totals.items()}


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A bar on stderr where that is a terminal, else nothing."""
    if not sys.stderr.isatty():
        yield silent
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bars(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bars:
        tasks = {}

        def tell_progress(what: str, *, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=None)
            bars.update(tasks[what], completed=done, total=total or None)

        yield tell_progress


def examples(*commands: str) -> str:
    """The end of a help page: how the command is used."""
    return "Examples:\n\n" + "\n\n".join(f"tallystick {command}" for command in commands)
