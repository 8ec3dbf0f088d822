"""Runs the worked tables of docs/algorithms through both executors.

Under a heading stand a yaml block (the components of one offer, or a whole catalogue), csv blocks
named by their file, and a table: columns of the usage, then columns of its rated lines. A row with
an empty `at` is one more line of the usage above it. A second yaml block with a day is the version
published for that day. A second table whose first column is `period`
holds what whole months cost, one after the other; `served` cuts one, an empty `period` goes on.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from polars.testing import assert_frame_equal

from tallystick.base.period import month_after
from tallystick.base.quantity import UNITS, to_canonical
from tallystick.core.charge.frames import (
    CHARGE_IN,
    COUNTERS,
    LEVELS,
    MEASURED,
    PERIODS,
    RatedPeriods,
)
from tallystick.core.charge.period_batch import rate_periods_batch
from tallystick.core.charge.period_exact import rate_periods_exact
from tallystick.core.charge.period_versions import (
    rate_period_versions,
    rate_period_versions_exact,
)
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.tariff.nodes import Catalogue
from tallystick.core.tariff.plan import Plan, compile_plan
from tallystick.core.tariff.read import read_catalogue
from tests.core.charge.random_cases import rate_both
from tests.core.charge.random_versions import rate_versions_both

ALGORITHMS = Path(__file__).parents[3] / "docs" / "algorithms"
FENCE = re.compile(r"```(yaml|csv)(?: (\S+))?\n(.*?)```", re.S)
NUMBERS = ("measured", "billed", "allowed", "fee", "amount")
RESULTS = (*NUMBERS, "component", "band", "tier", "key", "version")
PERIOD_RESULTS = (
    "component", "band", "tier", "measured", "billed", "fee", "amount", "version",
)  # fmt: skip
USAGE = ("at", "usage", "of", "to", "zone", "account", "contract", "cycle")


@dataclass(frozen=True)
class Worked:
    """One section: its price list and its table."""

    name: str
    plans: tuple[DatedPlan, ...]
    rows: list[dict[str, str]]
    periods: list[dict[str, str]]
    cycles: list[dict[str, str]]

    @property
    def plan(self) -> Plan:
        """The first version."""
        return self.plans[0].plan


def worked_sections(page: str) -> list[Worked]:
    """The sections of a page that have a table of usage."""
    text = (ALGORITHMS / page).read_text(encoding="utf-8")
    sections = []
    for section in re.split(r"^## ", text, flags=re.M)[1:]:
        tables = _tables(section)
        rows = next((table for table in tables if "usage" in table[0]), [])
        periods = next((table for table in tables if "period" in table[0]), [])
        cycles = next((table for table in tables if "rolled in" in table[0]), [])
        if rows or periods or cycles:
            name = section.partition("\n")[0]
            sections.append(Worked(name, _plans(section), rows, periods, cycles))
    assert sections, f"{page} works nothing out"
    return sections


def _plans(section: str) -> tuple[DatedPlan, ...]:
    """The section's versions; a component of the same name is the same in all of them."""
    blocks = FENCE.findall(section)
    files = {name: body.encode() for kind, name, body in blocks if kind == "csv"}
    catalogues = {
        date.fromisoformat(day) if day else date(1970, 1, 1): _catalogue(body, files)
        for kind, day, body in blocks
        if kind == "yaml"
    }
    pairs = dict.fromkeys(
        (offer.code, part.code)
        for catalogue in catalogues.values()
        for offer in catalogue.offers
        for part in offer.components
    )
    components = {pair: number for number, pair in enumerate(pairs, 1)}
    offers = {code: n for n, code in enumerate(dict.fromkeys(offer for offer, _ in pairs), 1)}
    return tuple(
        DatedPlan(number, day, None, compile_plan(made, offer_ids=offers, component_ids=components))
        for number, (day, made) in enumerate(sorted(catalogues.items()), 1)
    )


def _catalogue(text: str, files: dict[str, bytes]) -> Catalogue:
    if "offers:" not in text:
        top, _, components = text.rpartition("components:\n")
        body = "\n".join("    " + line for line in components.splitlines())
        text = f"{top}offers:\n  demo:\n    components:\n{body}\n"
    head = ""
    for word, value in (("currency", "EUR"), ("zone", "Europe/Berlin")):
        if not re.search(rf"^{word}:", text, flags=re.M):
            head += f"{word}: {value}\n"
    return read_catalogue(head + text, name="page.yaml", files=files)


def _tables(section: str) -> list[list[dict[str, str]]]:
    tables = []
    for block in re.findall(r"(?:^\|.*\n?)+", section, flags=re.M):
        lines = block.strip().splitlines()
        cells = [[c.strip().strip("`") for c in line.strip("|").split("|")] for line in lines]
        tables.append([dict(zip(cells[0], row, strict=True)) for row in cells[2:]])
    return tables


def _event(row: dict[str, str], number: int, zone: ZoneInfo) -> dict[str, object]:
    started = datetime.fromisoformat(row["at"])
    started = started if started.tzinfo else started.replace(tzinfo=zone)
    value, _, unit = row["usage"].partition(" ")
    others = {k: v for k, v in row.items() if k not in (*USAGE, *RESULTS) and v}
    account = int(row.get("account") or 1)
    return {
        "usage_id": number,
        "account_id": account,
        "contract_id": int(row.get("contract") or account * 10),
        "offer_id": 1,
        "cycle_start": date.fromisoformat(row.get("cycle") or f"{row['at'][:7]}-01"),
        "kind": row.get("of") or "voice",
        "started_at": started.astimezone(UTC),
        "quantity": to_canonical(Decimal(value), unit=unit) if unit in UNITS else Decimal(value),
        "unit": UNITS[unit].canonical if unit in UNITS else unit,
        "called": row.get("to") or None,
        "zone": row.get("zone") or None,
        "attributes": json.dumps(others) if others else None,
    }


def check_worked(section: Worked) -> None:
    """Both executors give the tables' lines, in their order and to the last digit."""
    events: list[dict[str, object]] = []
    wanted: dict[int, list[dict[str, str]]] = {}
    for row in section.rows:
        if row["at"]:
            events.append(_event(row, len(events) + 1, section.plan.zone))
        wanted.setdefault(len(events), []).append(row)
    usage = pl.DataFrame(events, schema=CHARGE_IN)
    if len(section.plans) > 1:
        rated = rate_versions_both(usage, plans=section.plans, counters=COUNTERS.to_frame())
    else:
        rated = rate_both(usage, plan=section.plan, counters=COUNTERS.to_frame())
    lines = _named(rated.lines, section.plans).with_columns(
        key=pl.col("rate_key"), version=pl.col("version_id") if len(section.plans) > 1 else 1
    )
    for number, rows in wanted.items():
        if not any(name in rows[0] for name in RESULTS):
            continue
        found = lines.filter(pl.col("usage_id") == number).to_dicts()
        codes = rated.suspense.filter(pl.col("usage_id") == number)["code"].to_list()
        got = [{name: _cell(name, line[name]) for name in RESULTS} for line in found]
        got += [dict.fromkeys(RESULTS, "") | {"amount": code} for code in codes]
        shown = [{k: _cell(k, v) for k, v in row.items() if k in RESULTS} for row in rows]
        told = [{k: line[k] for k in shown[0]} for line in got]
        assert told == shown, f"{section.name}, usage {number}: {rows[0]}"
    _check_periods(section, rated.lines)


def _named(lines: pl.DataFrame, plans: tuple[DatedPlan, ...]) -> pl.DataFrame:
    names = {n: part.code for dated in plans for n, part in dated.plan.components.items()}
    component = pl.col("component_id").replace_strict(names, return_dtype=pl.String)
    return lines.with_columns(component=component)


def _check_periods(section: Worked, lines: pl.DataFrame) -> None:
    """Month after month, each looking back at what was measured and carried before."""
    past, levels = MEASURED.to_frame(), LEVELS.to_frame()
    for rows in _by_period(section.periods):
        start = date.fromisoformat(f"{rows[0]['period']}-01")
        end = date(*month_after(start.year, start.month, 1), 1)
        served = (rows[0].get("served") or f"{start}..{end}").split("..")
        first, last = (date.fromisoformat(day) for day in served)
        contracts = sorted({*lines["contract_id"]}) or [10]
        periods = pl.DataFrame(
            [(contract // 10, contract, 1, start, end, first, last) for contract in contracts],
            schema=PERIODS,
            orient="row",
        )
        if len(section.plans) > 1:
            rated = period_versions_both(
                lines, periods=periods, plans=section.plans, past=past, levels=levels
            )
        else:
            rated = periods_both(
                lines, periods=periods, plan=section.plan, past=past, levels=levels
            )
        past, levels = pl.concat([past, rated.measured]), rated.levels
        found = _named(rated.lines, section.plans).to_dicts()
        for line in found:
            line["version"] = line.get("version_id", 1)
        shown = [{k: _cell(k, v) for k, v in row.items() if k in PERIOD_RESULTS} for row in rows]
        told = [{k: _cell(k, line[k]) for k in shown[0]} for line in found]
        shown = [row for row in shown if row["amount"]]  # a period that costs nothing has no lines
        assert told == shown, f"{section.name}, {rows[0]['period']}"


def _by_period(rows: list[dict[str, str]]) -> list[list[dict[str, str]]]:
    grouped: list[list[dict[str, str]]] = []
    for row in rows:
        if row["period"]:
            grouped.append([])
        grouped[-1].append(row)
    return grouped


def periods_both(
    lines: pl.DataFrame,
    *,
    periods: pl.DataFrame,
    plan: Plan,
    past: pl.DataFrame,
    levels: pl.DataFrame,
) -> RatedPeriods:
    """What both executors say, having checked that they say the same to the last digit."""
    exact = rate_periods_exact(
        lines.iter_rows(named=True), periods=periods, plan=plan, measured=past, levels=levels
    )
    batch = rate_periods_batch(lines, periods=periods, plan=plan, measured=past, levels=levels)
    for name in ("measured", "lines", "levels"):
        assert_frame_equal(getattr(exact, name), getattr(batch, name))
    return batch


def period_versions_both(
    lines: pl.DataFrame,
    *,
    periods: pl.DataFrame,
    plans: tuple[DatedPlan, ...],
    past: pl.DataFrame,
    levels: pl.DataFrame,
) -> RatedPeriods:
    """What both executors say over versions, having checked that they say the same."""
    how: dict[str, Any] = {"periods": periods, "plans": plans, "measured": past, "levels": levels}
    exact = rate_period_versions_exact(lines, **how)
    batch = rate_period_versions(lines, **how)
    for name in ("measured", "lines", "levels"):
        assert_frame_equal(getattr(exact, name), getattr(batch, name))
    return batch


def _cell(name: str, value: object) -> str:
    """A table's cell and a line's value as one spelling: numbers without units and zeros."""
    if value is None or value == "":
        return ""
    text = str(value)
    if name not in NUMBERS or not re.match(r"-?\d", text):
        return text
    number, _, unit = text.partition(" ")
    amount = to_canonical(Decimal(number), unit=unit) if unit else Decimal(number)
    return format(amount.normalize(), "f")
