"""Another tax table, as a person and a script use it."""

import pytest

from tests.gates.cli.test_commands import TAXES, business, shell  # noqa: F401

HIGHER = """country: DE
categories:
  standard:
    - {from: 2021-01-01, to: 2026-03-01, rate: 19 %}
    - {from: 2026-03-01, rate: 21 %}
"""
WRONG = """country: Germany
categories:
  standard: [{from: 2021-01-01, rate: 19}]
  reduced: [{from: 2021-01-01, to: 2020-01-01, rate: 7 %, kind: x}]
"""
PAST = "country: DE\ncategories:\n  standard: [{from: 2021-01-01, rate: 20 %}]\n"


def test_every_mistake_is_told_at_once(shell):  # noqa: F811
    shell.write("wrong.yaml", WRONG)
    refused = shell.json("taxes check @wrong.yaml", code=1)
    assert refused["error"] == "taxes_refused"
    assert [(one["line"], one["path"]) for one in refused["parameters"]["errors"]] == [
        (1, "country"), (3, "categories.standard.rate"), (4, "categories.reduced"),
        (4, "categories.reduced"),
    ]  # fmt: skip
    assert "write it as in `19 %`" in refused["sentence"]
    shell("taxes check @nowhere.yaml", code=1)
    well = shell.json("taxes check @taxes.yaml")
    assert (well["rates"], well["places"], well["categories"]) == (1, ["DE"], ["standard"])


def test_a_rate_that_rises_is_compared_tried_published_and_kept(business):  # noqa: F811
    business.write("higher.yaml", HIGHER)
    expected = {
        "jurisdiction": "DE", "category": "standard", "for": ["*"], "region": "any",
        "from": "2026-03-01", "to": None, "before": ["VAT 19 %"], "after": ["VAT 21 %"],
    }  # fmt: skip
    assert business.json("taxes diff @higher.yaml")["changes"] == [expected]
    assert business.json("taxes diff @taxes.yaml @higher.yaml")["changes"] == [expected]
    assert "both tax alike" in business("taxes diff @taxes.yaml").stdout
    tried = business.json("taxes publish @higher.yaml --dry-run")
    assert (tried["table"], tried["published"], tried["changes"]) == (2, False, [expected])
    assert len(business.json("taxes list")["tables"]) == 1
    assert business.json("bill run --date 2026-02-01")["totals"] == {"EUR": "23.80"}

    done = business("taxes publish @higher.yaml").stdout
    assert "DE standard, from 2026-03-01: VAT 19 % -> VAT 21 %" in done
    assert "published tax table 2 of quillback" in done
    again = business.json("taxes publish @higher.yaml")
    assert (again["table"], again["published"]) == (None, False)
    tables = business.json("taxes list")["tables"]
    assert [(one["table"], one["file"], one["in_force"]) for one in tables] == [
        (1, None, False), (2, "higher.yaml", True),
    ]  # fmt: skip
    (rate,) = business.json("taxes show --date 2026-03-01")["rates"]
    assert (rate["percent"], rate["to"]) == ("21", None)
    assert business.json("taxes show --date 2020-01-01")["rates"] == []
    business("taxes export @one.yaml --version 1")
    business("taxes export @two.yaml")
    assert (business.folder / "one.yaml").read_text() == TAXES
    assert (business.folder / "two.yaml").read_text() == HIGHER
    business("taxes export @two.yaml", code=1)
    assert business.json("taxes export @3.yaml --version 3", code=1)["error"] == (
        "unknown_version_of_setting"
    )
    assert business.json("taxes diff 1 2")["changes"] == [expected]
    # 10.00 at 21 %
    assert business.json("bill run --date 2026-03-01")["totals"] == {"EUR": "12.10"}
    assert business.json("reconcile")["reconciled"]


def test_days_with_invoices_change_only_when_that_is_asked_for(business):  # noqa: F811
    business("bill run --date 2026-02-01")
    business.write("past.yaml", PAST)
    for dry in ("", " --dry-run"):
        refused = business.json(f"taxes publish @past.yaml{dry}", code=1)
        assert refused["error"] == "taxed_days_change"
        told = refused["parameters"]
        assert (told["documents"], told["first"], told["last"]) == (1, "2026-02-01", "2026-02-01")
        assert "--change-taxed-days" in refused["sentence"]
    assert business.json("taxes show")["rates"][0]["percent"] == "19"
    done = business.json("taxes publish @past.yaml --change-taxed-days")
    assert (done["table"], done["taxed_before"]) == (2, 1)
    # 20.00 were billed with 3.80 of tax: the note gives back just that.
    shown = business.json("invoice show INV-2026-000001")
    assert (shown["net"], shown["tax"]) == ("20.00", "3.80")
    assert business.json("invoice credit INV-2026-000001")["tax"] == "3.80"
    assert business.json("bill run --date 2026-03-01")["totals"] == {"EUR": "12.00"}
    assert business.json("reconcile")["reconciled"]


@pytest.mark.parametrize("added", ["FR", "DE-BE"])
def test_places_where_nobody_was_taxed_are_added_for_days_of_before(business, added):  # noqa: F811
    business("bill run --date 2026-02-01")
    other = TAXES.replace("DE", added).replace("country", "place")
    tables = "".join(
        "  - " + text.replace("\n", "\n    ").rstrip() + "\n" for text in (TAXES, other)
    )
    business.write("more.yaml", f"tables:\n{tables}")
    done = business.json("taxes publish @more.yaml")
    assert (done["table"], done["taxed_before"], len(done["changes"])) == (2, 0, 1)


@pytest.mark.parametrize(
    "row", ["{from: 2021-01-01, rate: 20 %}", "{from: 2021-01-01, levy: 1.00 each, name: Levy}"]
)
def test_a_bill_that_waits_is_drawn_up_again_with_the_new_taxes(business, row):  # noqa: F811
    business("bill run --date 2026-02-01 --hold")
    first = "{from: 2021-01-01, rate: 19 %}, " if "levy" in row else ""
    business.write("next.yaml", f"country: DE\ncategories:\n  standard: [{first}{row}]\n")
    assert business.json("taxes publish @next.yaml")["taxed_before"] == 0
    before = business.json("bill drafts")["drafts"][0]["total"]
    again = business.json("bill approve --all", code=3)
    assert (again["invoices"], again["waiting_again"]) == (0, 1)
    (draft,) = business.json("bill drafts")["drafts"]
    assert draft["cause"] == "changed"
    assert draft["total"] != before
    assert business.json("bill approve --all")["totals"] == {"EUR": draft["total"]}


def test_a_category_that_is_left_out_is_said_and_refused_where_it_was_used(business):  # noqa: F811
    business.write("less.yaml", TAXES.replace("standard", "reduced"))
    told = business("taxes publish @less.yaml --dry-run").stdout
    assert "DE standard, from 2021-01-01: VAT 19 % -> no rate" in told
    business("bill run --date 2026-02-01")
    assert business.json("taxes publish @less.yaml", code=1)["error"] == "taxed_days_change"
