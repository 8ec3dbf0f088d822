"""Whatever stands in a price list: it is read or refused in sentences, and nothing else happens."""

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.tariff.outline import files_named, outline_of
from tallystick.core.tariff.plan import compile_plan
from tallystick.core.tariff.read import read_catalogue
from tallystick.core.tariff.source import CatalogueRefused

ROOT = Path(__file__).parents[3]
PATHS = [
    path
    for path in sorted((*ROOT.glob("src/**/*.yaml"), *ROOT.glob("tests/**/*.yaml")))
    if "\noffers:" in path.read_text()
]
TEXTS = [path.read_text() for path in PATHS]
PIECES = sorted({piece for text in TEXTS for piece in re.findall(r"[\w.%-]+|[^\w\s]", text)})
ODD = [
    "\x00", "\t", "\ufeff", "\u2028", "💣", "&a ", "*a", "!!int ", "<<: ", "---\n", "%YAML 2",
    "{", "}", "[", "]", "'", '"', ": ", ", ", "- ", "? ", "| ", "> ", "\\", "null", "~", "1e400",
    "9" * 40, "-0", "0.1234567890123456", "٣", "-1", "NaN", "2026-02-30", "to 0 kWh", "per ",
    "0 per kWh", "100 %", "24:00-00:00", "holidays(XX)", "1 per started 0 GB", "x" * 3000,
]  # fmt: skip


def outcome(text: str, files: dict[str, bytes]) -> None:
    """Read and compiled, or refused with a line that is in the text."""
    named = files_named(text)
    assert list(named) == sorted(named)
    last = len(re.findall("[\n\r\x85\u2028\u2029]", text)) + 2
    try:
        catalogue = read_catalogue(text, name="draft.yaml", files=files)
    except CatalogueRefused as refused:
        told = [error for error in refused.errors if error.message.strip()]
        where = [error.line for error in told if error.file == "draft.yaml"]
    else:
        compile_plan(catalogue)
        outline_of(text)
        return
    assert told
    assert all(1 <= line <= last for line in where)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A catalogue of the repository with pieces cut, doubled, swapped or put in."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        upto = at + draw(st.integers(0, 12))
        piece = draw(st.sampled_from(PIECES) | st.sampled_from(ODD) | st.text(max_size=5))
        text = text[:at] + piece + text[upto:]
    return text


LEAVES = st.sampled_from([*PIECES, *ODD]) | st.text(max_size=8)


@st.composite
def reshaped(draw: st.DrawFn) -> str:
    """A catalogue of the repository in which nodes of its tree are others."""
    tree = yaml.load(draw(st.sampled_from(TEXTS)), Loader=yaml.BaseLoader)
    for _ in range(draw(st.integers(1, 3))):
        node, key = tree, draw(st.sampled_from(sorted(tree)))
        while isinstance(node[key], dict) and node[key] and draw(st.integers(0, 4)):
            node = node[key]
            key = draw(st.sampled_from(sorted(node)))
        match draw(st.integers(0, 4)):
            case 0:
                del node[key]
            case 1:
                node[key] = draw(LEAVES)
            case 2:
                node[draw(LEAVES)] = node[key]
            case 3:
                node[key] = draw(st.lists(LEAVES, max_size=3))
            case _:
                node[key] = draw(st.dictionaries(LEAVES, LEAVES, max_size=3))
        if not tree:
            break
    return yaml.safe_dump(tree, allow_unicode=True)


FILES = {path.name: path.read_bytes() for path in ROOT.glob("src/tallystick/packs/*/*.csv")}


@settings(max_examples=150, deadline=None)
@given(damaged())
def test_damaged_texts_are_read_or_refused(text: str) -> None:
    outcome(text, {name: content[:2000].rpartition(b"\n")[0] for name, content in FILES.items()})


@settings(max_examples=150, deadline=None)
@given(reshaped())
def test_reshaped_trees_are_read_or_refused(text: str) -> None:
    outcome(text, {name: content[:2000].rpartition(b"\n")[0] for name, content in FILES.items()})


DECKED = (
    "currency: EUR\nzone: UTC\ndecks:\n  d: {file: d.csv, key: prefix(called), per: min}\n"
    "offers:\n  a:\n    components:\n      v: {of: voice, deck: d}\n"
)
CELLS = st.sampled_from(
    ["44", "", "*", "0.1", "1 per MB", "-1", "x", "60 s", "2026-01-01", "2026-13-01", '"', "\x00",
     "1e9", "ü", "99999999999999999"]
)  # fmt: skip
HEADS = st.sampled_from(
    ["prefix", "price", "per", "connect", "bill by", "valid from", "valid_to", "note", "odd", ""]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(HEADS, max_size=6), st.lists(st.lists(CELLS, max_size=6), max_size=4), st.binary())
def test_decks_are_read_or_refused(heads: list[str], rows: list[list[str]], tail: bytes) -> None:
    content = "\n".join(",".join(row) for row in [heads, *rows]).encode() + tail
    outcome(DECKED, {"d.csv": content})


def test_days_of_a_key_may_follow_one_another_and_not_overlap() -> None:
    rows = [
        "prefix,price,valid from,valid to",
        "44,1,2026-01-01,2026-02-01",
        "44,2,2026-03-01,",
        "44,3,2026-02-01,2026-03-01",
        "44,4,2026-02-15,2026-02-20",
        "49,1,,",
        "49,1,2030-01-01,",
    ]
    with pytest.raises(CatalogueRefused) as refused:
        read_catalogue(DECKED, name="c.yaml", files={"d.csv": "\n".join(rows).encode()})
    assert [error.sentence() for error in refused.value.errors] == [
        "d.csv:5: decks.d: repeats the key of line 4 for the same days; keep one",
        "d.csv:7: decks.d: repeats the key of line 6 for the same days; keep one",
    ]
