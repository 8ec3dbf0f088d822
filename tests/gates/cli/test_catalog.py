"""Price lists on the command line: compared, tried, published, shown and written out again."""

import json
from datetime import date

import pytest

from tallystick.domain.tenants.scope import tenant_id_of
from tallystick.flows.acquire import Publishing, publish_catalogue
from tallystick.wiring.command import needs_database
from tests.flows.businesses import AT
from tests.gates.cli.test_commands import PRICES, Shell, business, shell

__all__ = ["business", "shell"]

LAUGHS = "a: &a [ha, ha]\n" + "".join(
    f"b{n}: &b{n} [*{'a' if n == 0 else f'b{n - 1}'}, *{'a' if n == 0 else f'b{n - 1}'}]\n"
    for n in range(40)
)
DRAFT = (
    PRICES.replace("0.12 per min", "0.10 per min").replace("price: 10.00", "price: 10.0")
    + "  plus:\n    components:\n      line: {every: month, price: 5}\n"
)


@pytest.fixture
def files(tmp_path):
    """Commands on files alone."""
    files = Shell(tmp_path)
    files.write("prices.yaml", PRICES)
    files.write("abroad.csv", "prefix,price\n44,0.30\n")
    return files


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("catalog check a.yaml --json", False),
        ("catalog schema", False),
        ("catalog diff a.yaml b.yaml", False),
        ("catalog diff 1 b.yaml", True),
        ("catalog publish check", True),
        ("catalog publish a.yaml --help", False),
        ("usage load check", True),
        ("doctor", False),
    ],
)
def test_what_is_of_files_alone_opens_no_database(line, needed):
    words = line.split()
    assert needs_database(words[0], words=words) is needed


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (LAUGHS.encode(), "bad.yaml:1: anchors and aliases are not used here"),
        (("decks:\n  x: {file: *b39}\n" + LAUGHS).encode(), "bad.yaml:2: "),
        (b"currency: EUR\nzone: \xff\n", "line 2 is not UTF-8 text; save the file as UTF-8"),
        ("currency: EUR\n".encode("utf-16"), "line 1 is not UTF-8 text"),
        (b"currency: EUR\nzone: \x00\n", "bad.yaml:2: holds the character U+0000"),
        (b"a: " + b"[" * 900_000, "bad.yaml:1: nested deeper than 8 levels"),
        (b"x" * 10_000_000, "bad.yaml:1: longer than 1000000 characters"),
        (b"\xef\xbb\xbf" + PRICES.encode() + b"nonsense: 1\n", "'nonsense' is not a word here"),
    ],
)
def test_hostile_files_are_told_in_one_sentence(files, content, wanted):
    (files.folder / "bad.yaml").write_bytes(content)
    told = files("catalog check @bad.yaml", code=1).stderr
    assert wanted in told
    assert "Traceback" not in told


def test_differences_are_told_word_by_word(files):
    files.write("draft.yaml", DRAFT)
    lines = files("catalog diff @prices.yaml @draft.yaml").stdout.splitlines()
    assert lines == [
        "talk.calls: price: 0.12 per min -> 0.10 per min",
        "plus: added: an offer of line",
    ]
    assert files("catalog diff @prices.yaml @prices.yaml").stdout == "both price alike\n"


def test_rates_of_decks_are_compared_as_counts_and_moves(files):
    (files.folder / "new").mkdir()
    files.write("abroad.csv", "prefix,price\n44,0.30\n1,0.02\n33,0.10\n7,1\n")
    files.write("new/prices.yaml", PRICES)
    files.write("new/abroad.csv", "prefix,price\n44,0.33\n1,0.01\n33,0.10\n49,0.05\n")
    told = files.json("catalog diff @prices.yaml @new/prices.yaml")
    assert told["changes"] == []
    (deck,) = told["decks"]
    counts = [deck[name] for name in ("added", "removed", "dearer", "cheaper", "otherwise")]
    assert counts == [1, 1, 1, 1, 0]
    assert deck["moves"][0] == {
        "key": "44", "before": "0.3 per 60 s", "after": "0.33 per 60 s", "percent": "10",
    }  # fmt: skip


def test_a_dry_run_publishes_nothing_and_refuses_what_publishing_would(business):
    business.write("draft.yaml", DRAFT)
    told = business.json("catalog publish @draft.yaml --from 2026-04-01 --dry-run")
    assert (told["version"], told["published"]) == (2, False)
    assert told["changes"]["changes"][0]["after"] == "0.10 per min"
    business("catalog publish @draft.yaml --from 2024-04-01 --dry-run", code=1)
    assert len(business.json("catalog list")["versions"]) == 1
    business("catalog publish @draft.yaml --from 2026-04-01")
    nothing = "catalog simulate @draft.yaml --from 2026-01-01 --to 2026-01-31"
    assert "no usage is stored from 2026-01-01 to 2026-01-31" in business(nothing, code=1).stderr
    business("usage load @calls.csv --format @calls.yaml --source sw", code=3)
    tried = business.json("catalog simulate @draft.yaml --from 2026-01-01 --to 2026-01-31")
    # two minutes at 0.10 for 0.12; the call abroad as before
    assert (tried["before"], tried["after"]) == ("0.84", "0.8")
    assert [(one["account"], one["change"]) for one in tried["falling"]] == [("A1", "-0.04")]
    shown = business("catalog simulate @draft.yaml --from 2026-01-01 --to 2026-01-31").stdout
    assert "0.84 -> 0.80 EUR (-0.04); 0 accounts pay more, 1 less, 0 the same" in shown
    first, second = business.json("catalog list")["versions"]
    assert (first["valid_to"], first["in_force"]) == ("2026-04-01", True)
    assert (second["valid_to"], second["in_force"]) == (None, False)
    assert "talk.calls: price" in business("catalog diff 1 2").stdout


def test_what_was_published_comes_out_byte_for_byte_and_goes_in_again(business):
    odd = b"\xef\xbb\xbf" + PRICES.replace("\n", "\r\n").encode() + b"# \xc3\xbc"
    (business.folder / "odd.yaml").write_bytes(odd)
    business("catalog publish @odd.yaml --from 2026-05-01")
    told = business.json("catalog export @out --version 2")
    assert told["files"] == ["abroad.csv", "manifest.json", "odd.yaml"]
    assert (business.folder / "out/odd.yaml").read_bytes() == odd
    manifest = json.loads((business.folder / "out/manifest.json").read_text())
    assert manifest["digest"] == business.json("catalog list")["versions"][1]["digest"]
    business("catalog export @out", code=1)
    business("catalog export @elsewhere --version 9", code=1)

    business.write("op2.yaml", (business.folder / "op.yaml").read_text().replace("quillb", "b"))
    business("operator open @op2.yaml")
    business("catalog import @out --operator back")
    (version,) = business.json("catalog list --operator back")["versions"]
    assert (version["digest"], version["valid_from"]) == (manifest["digest"], "2026-05-01")
    (business.folder / "out/abroad.csv").write_text("prefix,price\n44,3.00\n")
    assert (
        "is not what its manifest says"
        in business("catalog import @out --operator back", code=1).stderr
    )

    told = business.json("catalog show talk --operator quillback")
    (offer,) = told["offers"]
    assert offer["prices"]["calls"]["price"] == "0.12 per min"
    assert (
        "of voice, where zone = home, bill by 60 s"
        in business("catalog show --operator quillback").stdout
    )
    assert (
        "no offer has the code 'tlak'"
        in business("catalog show tlak --operator quillback", code=1).stderr
    )


POWER = """currency: EUR
zone: Europe/Berlin
offers:
  talk:
    components:
      line: {every: month, in: advance, price: 10.00}
      calls:
        of: voice
        bands: {day: 07:00-23:00, night: else}
        price: {day: {to 3 min: 0.60, above: 0.30}, night: {to 3 min: 0.06, above: 0.03}}
"""
SAID = POWER.replace(
    "        price: {day", "        tiers: {allocate: chronological}\n        price: {day"
)
NIGHT = """id,msisdn,start,seconds,called,zone
n1,491700000001,2026-03-05T23:30:00Z,120,49301111,home
n2,491700000001,2026-03-06T10:00:00Z,120,49301111,home
"""


def test_bands_with_tiers_say_how_they_share_them_or_nothing_is_published(business):
    business.write("power.yaml", POWER)
    ways = (
        "power.yaml:8: talk.calls: has bands and tiers; say 'tiers: {allocate: chronological}' (all"
        " bands climb one ladder, in the order of time) or 'tiers: {allocate: pro rata}' (the tiers"
        " of their total, each shared as they share the total) or"
    )
    for door in ("catalog check @power.yaml", "catalog publish @power.yaml --from 2026-02-01"):
        assert ways in business(door, code=1).stderr
    assert len(business.json("catalog list")["versions"]) == 1
    business.write("power.yaml", SAID)
    business("catalog publish @power.yaml --from 2026-02-01")


def test_a_list_that_was_published_before_it_was_asked_goes_on_as_it_was(business):
    tenant_id = tenant_id_of("quillback")
    publish_catalogue(
        POWER, tenant_id=tenant_id, name="power.yaml", files={}, valid_from=date(2026, 3, 1),
        at=AT, how=Publishing(before=True),
    )  # fmt: skip
    business("usage load @calls.csv --format @calls.yaml --source sw", code=3)
    business.write("night.csv", NIGHT)
    business("usage load @night.csv --format @calls.yaml --source sw")
    assert business.json("rate")["lines"] == 5
    business.write("said.yaml", SAID)
    # the night's two minutes are 0.12, the day's third 0.60 and its fourth, beyond the limit, 0.30
    tried = business.json("catalog simulate @said.yaml --from 2026-03-01 --to 2026-03-31")
    assert (tried["before"], tried["after"]) == ("1.02", "1.02")
    assert "talk.calls: tiers.allocate: added: chronological" in (
        business("catalog diff 2 @said.yaml").stdout
    )
    business("catalog export @old --version 2")
    business.write("op2.yaml", (business.folder / "op.yaml").read_text().replace("quillb", "b"))
    business("operator open @op2.yaml")
    business("catalog import @old --operator back")
    assert business("catalog publish @old/power.yaml --from 2027-01-01 --operator back", code=1)
