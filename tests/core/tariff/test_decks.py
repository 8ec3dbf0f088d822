"""Decks in columns: read alike with and without quotes, looked up alike by everybody."""

import csv
import gc
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product
from random import Random

import polars as pl
import pytest

from tallystick.core.charge.frames import CHARGE_IN, COUNTERS
from tallystick.core.charge.match import match_rate
from tallystick.core.charge.rate_batch import rate_batch
from tallystick.core.charge.rate_exact import rate_exact
from tallystick.core.tariff.deck_rows import gather_rows
from tallystick.core.tariff.decks import read_deck_rows, read_keys
from tallystick.core.tariff.nodes import DeckRow
from tallystick.core.tariff.plan import compile_plan
from tallystick.core.tariff.plan_terms import Rate
from tallystick.core.tariff.read import read_catalogue

HEADING = "zone,prefix,price,connect,valid from,valid to,note"
CELLS = (
    ("eu", "*", "", "world ", "us"),
    ("4", "49", " 4930", "*", "", "44", "4420", "ü4", "1", "17"),
    ("0.1", "0.25 per min", "0.3", "", "x", "0.1"),
    ("", "", "0.05", "1,5"),
    ("", "", "2026-01-01", "2026-03-01", "soon"),
    ("", "", "2026-03-01", "2025-01-01"),
    ("", "a note", " "),
)


def make_lines(rng, *, rows):
    """Rows of cells, some with faults, some with too many cells, some with none."""
    for _ in range(rows):
        kind = rng.randrange(12)
        cells = [rng.choice(some[: 3 if rng.randrange(3) else None]) for some in CELLS]
        yield [] if kind == 0 else [""] * 7 if kind == 1 else cells[:-1] if kind == 2 else cells


def read_both(lines, *, end="\n"):
    """What a file without quotes and one with them say; a comma in a cell is only in the latter."""
    keys = read_keys(["zone", "prefix(called)"])
    told = []
    for quoting in (csv.QUOTE_NONE, csv.QUOTE_ALL):
        file = io.StringIO()
        file.write(HEADING + end)
        if quoting == csv.QUOTE_NONE:
            file.writelines(",".join(cells) + end for cells in lines)
        else:
            csv.writer(file, quoting=quoting, lineterminator=end).writerows(lines)
        faults = []
        rows = read_deck_rows(
            file.getvalue().encode(), keys=keys, per="min",
            complain=lambda line, text, faults=faults: faults.append((line, text)),
        )  # fmt: skip
        told.append((rows, faults))
    return told


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_quotes_change_nothing(seed, end):
    rng = Random(f"deck file {seed}")
    lines = [[cell.replace(",", ".") for cell in row] for row in make_lines(rng, rows=30)]
    (plain, faults), (quoted, also) = read_both(lines, end=end)
    assert list(plain) == list(quoted)
    assert plain == quoted
    assert faults == also
    assert faults
    written = dict(enumerate(lines, start=2))
    for row in plain:
        zone, prefix, price, connect, since, until, _ = written[row.line]
        assert row.match == tuple(
            None if cell.strip() in ("", "*") else cell.strip() for cell in (zone, prefix)
        )
        assert row.price.amount == Decimal(price.split()[0])
        assert row.connect == (Decimal(connect) if connect else None)
        assert (row.valid_from, row.valid_to) == tuple(
            date.fromisoformat(day) if day else None for day in (since, until)
        )


def test_rows_are_what_was_gathered():
    (rows, _), _ = read_both(
        [["eu", "49", "0.1", "", "", "", ""], ["*", "4", "0.2", "", "", "", ""]]
    )
    assert gather_rows(list(rows), keys=2) == rows
    assert rows[1] == list(rows)[1]
    assert rows[1].match == (None, "4")
    assert list(rows.names()) == ["eu/49", "*/4"]
    assert gather_rows([rows[0]], keys=2) != rows


ALPHABET = "0159"
ZONES = ("eu", "us", None)


def make_catalogue(rng):
    """A deck keyed in some order by prefix, zone and kind of plan, with days."""
    keys = rng.sample(["prefix(called)", "zone", "plan"], rng.randrange(1, 4))
    if "prefix(called)" not in keys and rng.randrange(2):
        keys[0] = "prefix(called)"
    columns = ["prefix" if key.startswith("prefix") else key for key in keys]
    seen, lines = set(), []
    for _ in range(rng.choice((1, 5, 60))):
        match = tuple(some_key(rng, column) for column in columns)
        if match in seen:
            continue
        seen.add(match)
        spans = rng.choice(
            ((("", ""),), (("", "2026-03-10"), ("2026-03-10", "")), (("2026-03-15", ""),))
        )
        lines += [[*match, f"0.{rng.randrange(1, 9)}", *span] for span in spans]
    heading = ",".join([*columns, "price", "valid from", "valid to"])
    file = "\n".join([heading, *(",".join(line) for line in lines)])
    text = f"""
        currency: EUR
        zone: UTC
        decks:
          d: {{file: d.csv, key: [{", ".join(keys)}], per: min}}
        offers:
          talk:
            from: 2020-01-01
            components:
              calls: {{of: voice, deck: d}}
    """
    return read_catalogue(text, name="d.yaml", files={"d.csv": file.encode()})


def some_key(rng, column):
    if column == "prefix":
        size = rng.randrange(5)
        return "".join(rng.choice(ALPHABET) for _ in range(size)) or "*"
    return rng.choice(("eu", "us", "*") if column == "zone" else ("gold", "gol", "*"))


def best_row(deck, fields, day):
    """The row by trying all that could fit, the most specific first."""
    choices = []
    for key in deck.keys:
        value, fitting = fields.get(key.field), [None]
        if value and key.prefix:
            fitting = [*(value[:length] for length in range(len(value), 0, -1)), None]
        elif value:
            fitting = [value, None]
        choices.append(fitting)
    for match in product(*choices):
        for number, row in enumerate(deck.rows):
            opens, closes = row.valid_from or date.min, row.valid_to or date.max
            if row.match == match and opens <= day < closes:
                return number
    return None


@pytest.mark.parametrize("seed", range(60))
def test_the_row_that_fits_best(seed):
    """One event at a time, all at once, and by trying everything."""
    rng = Random(f"best row {seed}")
    catalogue = make_catalogue(rng)
    plan, deck = compile_plan(catalogue), catalogue.decks["d"]
    events, wanted = [], []
    for number in range(1, 41):
        called = "".join(rng.choice(ALPHABET) for _ in range(rng.randrange(7))) or None
        zone, tier = rng.choice(ZONES), rng.choice(("gold", "gol", "gold\x1f", "", None))
        at = datetime(2026, 3, rng.randrange(1, 31), 12, tzinfo=UTC)
        fields = {"called": called, "zone": zone, "plan": tier}
        row = best_row(deck, fields, at.date())
        assert match_rate(plan, deck=0, fields=fields, day=at.date()) == row
        wanted.append(None if row is None else deck.rows[row].price.amount)
        attributes = None if tier is None else json.dumps({"plan": tier})
        events.append(
            (number, 1, 1, 1, date(2026, 3, 1), "voice", at, Decimal(60), "s", called, zone,
             attributes)
        )  # fmt: skip
    usage = pl.DataFrame(events, schema=CHARGE_IN, orient="row")
    batch = rate_batch(usage, plan=plan, counters=COUNTERS.to_frame())
    exact = rate_exact(list(usage.iter_rows(named=True)), plan=plan, counters=COUNTERS.to_frame())
    for rated in (batch, exact):
        found = dict(rated.lines.select("usage_id", "unit_price").iter_rows())
        assert [found.get(number) for number in range(1, 41)] == wanted


def test_a_large_deck_is_no_object_a_row():
    rows = 5_000
    file = "\n".join(
        ["prefix,price", *(f"{n},0.{n % 7 + 1}" for n in range(10_000, 10_000 + rows))]
    )
    text = """
        currency: EUR
        zone: UTC
        decks:
          world: {file: world.csv, key: prefix(called), per: min}
        offers:
          talk:
            from: 2020-01-01
            components:
              calls: {of: voice, deck: world}
    """
    catalogue = read_catalogue(text, name="w.yaml", files={"world.csv": file.encode()})
    plan = compile_plan(catalogue)
    at = datetime(2026, 3, 1, tzinfo=UTC)
    event = (1, 1, 1, 1, at.date(), "voice", at, Decimal(60), "s", "123456", None, None)
    usage = pl.DataFrame([event], schema=CHARGE_IN, orient="row")
    given = {"plan": plan, "counters": COUNTERS.to_frame()}
    batch = rate_batch(usage, **given).lines
    assert batch.rows() == rate_exact(list(usage.iter_rows(named=True)), **given).lines.rows()
    assert batch["rate_key"].to_list() == ["12345"]
    gc.collect()
    made = sum(isinstance(one, DeckRow | Rate) for one in gc.get_objects())
    assert made < rows / 10
    assert not any(
        isinstance(one, list | tuple | dict) and len(one) == rows for one in gc.get_objects()
    )
