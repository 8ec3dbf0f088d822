"""What tests share of the worked tables of docs/algorithms, which `tallystick price` runs."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from polars.testing import assert_frame_equal

from tallystick.core.charge.frames import RatedPeriods
from tallystick.core.charge.period_batch import rate_periods_batch
from tallystick.core.charge.period_exact import rate_periods_exact
from tallystick.core.charge.period_versions import (
    rate_period_versions,
    rate_period_versions_exact,
)
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.price.lists import PriceText, read_price_lists
from tallystick.core.tariff.plan import Plan

ALGORITHMS = Path(__file__).parents[3] / "docs" / "algorithms"
FENCE = re.compile(r"```(yaml|csv)(?: (\S+))?\n(.*?)```", re.S)


@dataclass(frozen=True)
class Worked:
    """One section: its price list and what its cycles leave to one another."""

    name: str
    plan: Plan
    cycles: list[dict[str, str]]


def worked_sections(page: str) -> list[Worked]:
    """The sections of a page that say what is rolled over."""
    text = (ALGORITHMS / page).read_text(encoding="utf-8")
    sections = []
    for section in re.split(r"^## ", text, flags=re.M)[1:]:
        cycles = next((table for table in _tables(section) if "rolled in" in table[0]), [])
        if cycles:
            body = next(body for kind, _, body in FENCE.findall(section) if kind == "yaml")
            plan = read_price_lists([PriceText(body)]).plans[0].plan
            sections.append(Worked(section.partition("\n")[0], plan, cycles))
    assert sections, f"{page} works nothing out"
    return sections


def _tables(section: str) -> list[list[dict[str, str]]]:
    tables = []
    for block in re.findall(r"(?:^\|.*\n?)+", section, flags=re.M):
        lines = block.strip().splitlines()
        cells = [[c.strip().strip("`") for c in line.strip("|").split("|")] for line in lines]
        tables.append([dict(zip(cells[0], row, strict=True)) for row in cells[2:]])
    return tables


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
