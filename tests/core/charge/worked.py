"""Runs the worked tables of docs/algorithms through both executors.

Under a heading stand a yaml block (the components of one offer, or a whole catalogue), csv blocks
named by their file, and a table: columns of the usage, then columns of its rated lines. A row with
an empty `at` is one more line of the usage above it.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
from tests.core.charge.random_cases import rate_both

from tallystick.base.quantity import to_canonical, unit_named
from tallystick.core.charge.frames import CHARGE_IN, COUNTERS
from tallystick.core.tariff.plan import Plan, compile_plan
from tallystick.core.tariff.read import read_catalogue

ALGORITHMS = Path(__file__).parents[3] / "docs" / "algorithms"
FENCE = re.compile(r"```(yaml|csv)(?: (\S+))?\n(.*?)```", re.S)
NUMBERS = ("measured", "billed", "allowed", "fee", "amount")
RESULTS = (*NUMBERS, "component", "band", "tier", "key")
USAGE = ("at", "usage", "of", "to", "zone", "account", "contract", "cycle")


@dataclass(frozen=True)
class Worked:
    """One section: its price list and its table."""

    name: str
    plan: Plan
    rows: list[dict[str, str]]


def worked_sections(page: str) -> list[Worked]:
    """The sections of a page that have a table of usage."""
    text = (ALGORITHMS / page).read_text(encoding="utf-8")
    sections = []
    for section in re.split(r"^## ", text, flags=re.M)[1:]:
        rows = _table(section)
        if rows and "usage" in rows[0]:
            sections.append(Worked(section.partition("\n")[0], _plan(section), rows))
    assert sections, f"{page} works nothing out"
    return sections


def _plan(section: str) -> Plan:
    blocks = FENCE.findall(section)
    files = {name: body.encode() for kind, name, body in blocks if kind == "csv"}
    text = next(body for kind, _, body in blocks if kind == "yaml")
    if "offers:" not in text:
        top, _, components = text.rpartition("components:\n")
        body = "\n".join("    " + line for line in components.splitlines())
        text = f"{top}offers:\n  demo:\n    components:\n{body}\n"
    head = ""
    for word, value in (("currency", "EUR"), ("zone", "Europe/Berlin")):
        if not re.search(rf"^{word}:", text, flags=re.M):
            head += f"{word}: {value}\n"
    return compile_plan(read_catalogue(head + text, name="page.yaml", files=files))


def _table(section: str) -> list[dict[str, str]]:
    lines = [line for line in section.splitlines() if line.startswith("|")]
    if len(lines) < 3:
        return []
    cells = [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


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
        "cycle_start": date.fromisoformat(row.get("cycle") or "2026-03-01"),
        "kind": row.get("of") or "voice",
        "started_at": started.astimezone(UTC),
        "quantity": to_canonical(Decimal(value), unit=unit),
        "unit": unit_named(unit).canonical,
        "called": row.get("to") or None,
        "zone": row.get("zone") or None,
        "attributes": json.dumps(others) if others else None,
    }


def check_worked(section: Worked) -> None:
    """Both executors give the table's lines, in its order and to the last digit."""
    events: list[dict[str, object]] = []
    wanted: dict[int, list[dict[str, str]]] = {}
    for row in section.rows:
        if row["at"]:
            events.append(_event(row, len(events) + 1, section.plan.zone))
        wanted.setdefault(len(events), []).append(row)
    usage = pl.DataFrame(events, schema=CHARGE_IN)
    rated = rate_both(usage, plan=section.plan, counters=COUNTERS.to_frame())
    names = {number: part.code for number, part in section.plan.components.items()}
    lines = rated.lines.with_columns(
        component=pl.col("component_id").replace_strict(names, return_dtype=pl.String),
        key=pl.col("rate_key"),
    )
    for number, rows in wanted.items():
        found = lines.filter(pl.col("usage_id") == number).to_dicts()
        codes = rated.suspense.filter(pl.col("usage_id") == number)["code"].to_list()
        got = [{name: _cell(name, line[name]) for name in RESULTS} for line in found]
        got += [dict.fromkeys(RESULTS, "") | {"amount": code} for code in codes]
        shown = [{k: _cell(k, v) for k, v in row.items() if k in RESULTS} for row in rows]
        told = [{k: line[k] for k in shown[0]} for line in got]
        assert told == shown, f"{section.name}, usage {number}: {rows[0]}"


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
