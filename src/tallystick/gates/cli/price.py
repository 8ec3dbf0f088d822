"""Pricing usage from files alone: no database, nothing to set up, nothing stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tallystick.base.money import RoundingMode, plain, round_minor
from tallystick.gates.cli.answers import (
    NOT_ALL_WELL,
    examples,
    money,
    progress_bar,
    table_of,
    tell,
)
from tallystick.gates.cli.asking import AsJson, Rows, one_of, read_day, read_text, spread
from tallystick.gates.cli.price_files import files_beside

if TYPE_CHECKING:
    from tallystick.core.price.bill import BillLine
    from tallystick.core.price.lists import PriceLists
    from tallystick.core.price.price import Priced
    from tallystick.core.price.proof import Section
    from tallystick.core.price.usage import Contract

app = typer.Typer()

LINE_COLUMNS: Final = (
    "line", "contract", "component", "band", "tier", "measured", "billed", "allowed", "fee",
    "amount",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class How:
    """What is priced, and how."""

    contracts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Who has which offer, since when.")
    ] = None
    offer: Annotated[str | None, typer.Option(help="Of all contracts; else the first.")] = None
    since: Annotated[
        date | None, typer.Option("--from", parser=read_day, metavar="DAY", help="The first day.")
    ] = None
    until: Annotated[
        date | None, typer.Option("--to", parser=read_day, metavar="DAY", help="The last day.")
    ] = None
    coupon: Annotated[
        list[str] | None,
        typer.Option(metavar="WORDS", help="Off each account's bill: '{less: 10 %, bills: 3}'."),
    ] = None
    rounding: Annotated[
        str,
        typer.Option(
            parser=one_of(*(mode.value for mode in RoundingMode)),
            metavar="|".join(mode.value for mode in RoundingMode),
            help="How each line of a bill is rounded.",
        ),
    ] = RoundingMode.HALF_UP.value
    executor: Annotated[
        str,
        typer.Option(parser=one_of("batch", "exact", "both"), metavar="batch|exact|both",
                     help="What rates: columns, the oracle, or both held together."),
    ] = "batch"  # fmt: skip


@app.command(
    epilog=examples(
        "price prices.yaml usage.csv",
        "price prices.yaml usage.csv --contracts contracts.csv --from 2026-01-01 --to 2026-03-31",
        "price old.yaml new.yaml@2026-04-01 usage.parquet --executor both --json",
        "price prices.yaml proof.md --check",
    )
)
@spread
def price(
    files: Annotated[
        list[str],
        typer.Argument(metavar="[PRICES.yaml[@DAY]]... USAGE", show_default=False),
    ],
    how: How,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether a page's tables hold.")
    ] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Say how each line came to be.")]
    = False,
    limit: Rows = 50,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Price usage under price lists: rated lines, bills of cycles, what is left of allowances.

    USAGE is CSV, JSON Lines, Parquet, or a page with tables (.md). A page that says what usage has
    to cost is checked. Exit code 3 when rows were rejected or suspended, or a page does not hold.
    """
    from tallystick.core.price.lists import read_price_lists

    texts = [_price_text(name) for name in files if _is_prices(name)]
    usages = [Path(name) for name in files if not _is_prices(name)]
    if len(usages) != 1:
        raise typer.BadParameter("name price lists (.yaml) and one file of usage after them")
    if (how.since is None) != (how.until is None) or (
        how.since and how.until and how.since > how.until
    ):
        raise typer.BadParameter("say both --from and --to, the first day and the last")
    lists = read_price_lists(texts) if texts else None
    usage = usages[0]
    if usage.suffix.lower() in (".md", ".markdown"):
        _price_page(usage, lists, how, check=check, explain=explain, limit=limit, as_json=as_json)
        return
    if check:
        raise typer.BadParameter(f"--check is for a page (.md) with expected columns, not {usage}")
    if lists is None:
        raise typer.BadParameter("name a price list, such as: tallystick price prices.yaml FILE")
    priced = _price_file(usage, lists, how)
    document, said = _told(priced, how, explain=explain, limit=limit)
    if not as_json:
        _tell_tables(document)
    tell(document, as_json=as_json, said=said)
    raise typer.Exit(0 if priced.is_whole else NOT_ALL_WELL)


def _is_prices(name: str) -> bool:
    return name.rpartition("@")[0].lower().endswith((".yaml", ".yml")) or name.lower().endswith(
        (".yaml", ".yml")
    )


def _price_text(name: str) -> Any:
    from tallystick.core.price.lists import ALWAYS, PriceText, complete_text

    file, _, day = name.rpartition("@") if not name.endswith((".yaml", ".yml")) else (name, "", "")
    path = Path(file)
    text = complete_text(read_text(path))
    valid_from = read_day(day) if day else ALWAYS
    return PriceText(text, path.name, valid_from, files_beside(path, text))


def _price_file(usage: Path, lists: "PriceLists", how: How) -> "Priced":
    from tallystick.core.price.contracts import read_contracts
    from tallystick.core.price.price import Executor, Span, price_usage
    from tallystick.core.price.tables import read_table

    contracts: Sequence[Contract] = ()
    if how.contracts is not None:
        content = _bytes_of(how.contracts)
        contracts = read_contracts(read_table(content, name=how.contracts.name))
    span = None
    if how.since and how.until:
        span = Span(how.since, how.until + timedelta(days=1))
    with progress_bar() as progress:
        return price_usage(
            read_table(_bytes_of(usage), name=usage.name),
            prices=lists,
            contracts=contracts,
            offer=how.offer,
            span=span,
            executor=Executor(how.executor),
            progress=progress,
        )


def _bytes_of(path: Path) -> bytes:
    from tallystick.gates.files.streams import check_file, read_blocks

    check_file(path)
    return b"".join(read_blocks(path, block_bytes=2**22))


def _told(priced: "Priced", how: How, *, explain: bool, limit: int) -> tuple[dict[str, Any], str]:
    """The JSON document and the closing sentence of what was priced, of each list so many rows."""
    currency = priced.lists.currency
    bills, exact, invoiced = _bills(priced, how, limit)
    faults = _faults(priced)
    left = priced.allowances()
    periods = [
        {
            "contract": priced.name_of(row["account_id"], row["contract_id"]),
            "cycle": row["cycle_start"],
            "component": priced.code_of(row["component_id"]),
            **{name: row[name] for name in ("band", "tier", "measured", "billed", "fee", "amount")},
            "explained": words,
        }
        for row, words in islice(priced.explain_periods(), limit)
    ]
    document: dict[str, Any] = {
        "currency": currency,
        "usage": priced.total(),
        "total": exact,
        "invoiced": money(invoiced, currency),
        "lines_in_all": priced.lines.height,
        "lines": [_line(row, priced) for row in priced.lines.head(limit).iter_rows(named=True)],
        "periods_in_all": priced.periods.height,
        "periods": periods,
        "allowances_in_all": len(left),
        "allowances": left[:limit],
        "bills_in_all": len(bills),
        "bills": bills[:limit],
        "not_priced_in_all": len(faults),
        "not_priced": faults[:limit],
    }
    if explain:
        document["explained"] = list(islice(priced.explain(), limit))
    said = f"{plain(exact)} {currency} exact, {money(invoiced, currency)} invoiced"
    for name in ("lines", "periods", "allowances", "bills"):
        if document[f"{name}_in_all"] > limit:
            said += f"; the first {limit} of {document[f'{name}_in_all']} {name} are shown"
    if faults:
        said += f"; {len(faults)} rows have no price yet"
    return document, said


def _tell_tables(document: dict[str, Any]) -> None:
    """What was priced as tables, and how it came to be where that is asked."""
    lines = [[row[name] for name in LINE_COLUMNS] for row in document["lines"]]
    tell({}, as_json=False, table=table_of(LINE_COLUMNS, lines))
    for name in ("periods", "allowances", "bills", "not_priced"):
        rows = document[name]
        columns = [column for column in rows[0] if column != "explained"] if rows else []
        if rows:
            told = [[row[column] for column in columns] for row in rows]
            tell({}, as_json=False, table=table_of(columns, told))
    if "explained" in document:
        words = [f"line {number}: {step}" for number, step in document["explained"]]
        words += [
            f"{one['cycle']} {one['component']}: {one['explained']}" for one in document["periods"]
        ]
        tell({}, as_json=False, said="\n".join(words))


def _bills(priced: "Priced", how: How, limit: int) -> tuple[list[dict[str, Any]], Decimal, Decimal]:
    """The lines of the bills, what they come to exact, and rounded line by line.

    Those past the limit are counted and not told.
    """
    from tallystick.core.price.bill import read_coupons

    mode = RoundingMode(how.rounding)
    currency = priced.lists.currency
    rows: list[dict[str, Any]] = []
    exact = invoiced = Decimal(0)
    for one in priced.bills(coupons=read_coupons(how.coupon or (), lists=priced.lists)):
        rounded = round_minor(one.amount, currency=currency, mode=mode)
        exact, invoiced = exact + one.amount, invoiced + rounded
        rows.append({} if len(rows) >= limit else _bill_line(one, rounded))
    return rows, exact, invoiced


def _bill_line(one: "BillLine", rounded: Decimal) -> dict[str, Any]:
    return {
        "account": one.account,
        "contract": one.contract,
        "cycle": one.start,
        "until": one.end - timedelta(days=1),
        "component": one.component,
        "band": one.band,
        "tier": one.tier,
        "purpose": one.purpose,
        "exact": one.amount,
        "rounded": format(rounded, "f"),
    }


def _line(row: dict[str, Any], priced: "Priced") -> dict[str, Any]:
    return {
        "line": row["usage_id"],
        "at": row["started_at"],
        "contract": priced.name_of(row["account_id"], row["contract_id"]),
        "component": priced.code_of(row["component_id"]),
        "band": row["band"],
        "tier": row["tier"],
        "key": row["rate_key"],
        "version": row["version_id"],
        **{
            name: row[name]
            for name in ("measured", "billed", "allowed", "unit_price", "per", "fee", "amount")
        },
    }


def _faults(priced: "Priced") -> list[dict[str, Any]]:
    """Rows that were rejected or suspended, by line, each with its reason in a sentence."""
    from tallystick.core.charge.suspense import suspense_sentence
    from tallystick.core.price.usage import sentence_of

    found = [
        {"line": row["line"], "code": row["code"], "why": sentence_of(row)}
        for row in priced.rejects.iter_rows(named=True)
    ]
    found += [
        {
            "line": row["usage_id"],
            "code": row["code"],
            "why": suspense_sentence(row["code"], detail=row["detail"]),
        }
        for row in priced.suspense.iter_rows(named=True)
    ]
    return sorted(found, key=lambda one: one["line"])


def _price_page(
    path: Path,
    lists: "PriceLists | None",
    how: How,
    *,
    check: bool,
    explain: bool,
    limit: int,
    as_json: bool,
) -> None:
    """Prices each section of a page, and says where its tables do not hold."""
    from tallystick.core.price.price import Executor
    from tallystick.core.price.proof import prove_section, read_page

    sections = read_page(read_text(path), name=path.name)
    if check and not any(section.is_proof for section in sections):
        raise typer.BadParameter(f"{path} has no expected columns such as amount; nothing to check")
    documents, words, well = [], [], True
    for section in sections:
        priced, differences = prove_section(section, prices=lists, executor=Executor(how.executor))
        well &= not differences and (section.is_proof or priced.is_whole)
        document: dict[str, Any] = {"section": section.name, "holds": not differences}
        document["differences"] = [
            {"line": d.line, "expected": d.expected, "found": d.found} for d in differences
        ]
        if not check:
            document["priced"], said = _told(priced, how, explain=explain, limit=limit)
        documents.append(document)
        if not as_json:
            if not check:
                _tell_tables(document["priced"])
                words = [f"{section.name}: {said}"]
            words += _differences_in_words(section, differences)
            tell({}, as_json=False, said="\n".join(words))
            words = []
    if as_json:
        tell({"file": path.name, "sections": documents}, as_json=True)
    raise typer.Exit(0 if well else NOT_ALL_WELL)


def _differences_in_words(section: "Section", differences: list[Any]) -> list[str]:
    if not section.is_proof:
        return []
    words = [f"{section.name}: {'differs' if differences else 'holds'}"]
    for one in differences:
        words.append(f"  line {one.line}")
        words += [f"    expected {_row(row)}" for row in one.expected] or ["    expected nothing"]
        words += [f"    found    {_row(row)}" for row in one.found] or ["    found    nothing"]
    return words


def _row(row: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.items() if value) or "nothing"
