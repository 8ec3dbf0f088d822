"""An operator's file afterwards: what may change and what stays."""

import yaml

from tallystick.domain.tenants.scope import list_tenants
from tallystick.flows.document import document_of
from tests.gates.cli.test_commands import LADDER, business, shell  # noqa: F401


def rewritten(shell, **words):  # noqa: F811
    """The operator's file with other words."""
    text = yaml.safe_load((shell.folder / "op.yaml").read_text()) | words
    text["rehearsal"] = "2026-01-01"
    shell.write("new.yaml", yaml.safe_dump(text))


def test_what_may_change_is_tried_changed_and_kept(business):  # noqa: F811
    rewritten(
        business, name="Quillback Mobile (invented)", payment_days=30, language="de",
        exchange_at="invoice_day", quarantine={"msisdn": "90 days"},
        brand={"name": "Quillback", "colour": "#112233", "address": ["2 Invented Street"]},
    )  # fmt: skip
    assert business.json("operator change @op.yaml")["changes"] == []
    tried = business.json("operator change @new.yaml --dry-run")
    assert not tried["changed"]
    assert {one["setting"]: one["before"] for one in tried["changes"]} == {
        "name": "Quillback Telecom (invented)", "payment_days": "14", "language": "en",
        "exchange_at": "payment_day", "quarantine": "{}", "brand": "{}",
    }  # fmt: skip
    assert business.json("operator history")["history"] == []
    said = business("operator change @new.yaml").stdout
    assert "payment_days: 14 -> 30 (for accounts that are opened from now on" in said
    assert business.json("operator change @new.yaml")["changed"] is False
    settings = {
        one["setting"]: (one["value"], one["may_change"])
        for one in business.json("operator show")["settings"]
    }
    assert settings["payment_days"] == ("30", "by operator change")
    assert settings["currency"] == ("EUR", "never")
    assert settings["taxes"][1] == "by taxes publish"
    kept = business.json("operator history payment_days")["history"]
    assert [(one["number"], one["file"], one["value"]) for one in kept] == [
        (1, None, "14"), (2, "new.yaml", "30"),
    ]  # fmt: skip
    business("operator history colour", code=2)
    business("account open A2 --name Bob")
    business("bill run --date 2026-02-01")
    assert business.json("invoice list")["invoices"][0]["due_on"] == "2026-02-15"


def test_all_that_stays_is_refused_at_once(business):  # noqa: F811
    business("bill run --date 2026-02-01")
    business.write("taxes.yaml", "country: FR\ncategories:\n  standard: []\n")
    rewritten(
        business, code="other", country="FR", currency="CHF", zone="Europe/Paris",
        rounding="down", prices_include_tax="true", ladders={}, payment_days=9,
    )  # fmt: skip
    refused = business.json("operator change @new.yaml", code=1)
    assert refused["error"] == "settings_stay"
    assert [one.split()[0] for one in refused["parameters"]["problems"]] == [
        "code", "country", "currency", "zone", "rounding", "prices_include_tax", "taxes:",
        "ladders:",
    ]  # fmt: skip
    assert business.json("operator history")["history"] == []


def test_rounding_may_change_before_anything_is_in_the_books(business):  # noqa: F811
    rewritten(business, rounding="down")
    assert business.json("operator change @new.yaml")["changed"]
    business("bill run --date 2026-02-01")
    rewritten(business, rounding="up")
    assert business.json("operator change @new.yaml", code=1)["error"] == "settings_stay"


def test_a_brand_that_cannot_be(shell):  # noqa: F811
    for wrong, what in (
        ({"address": "2 Invented Street"}, "brand.address"),
        ({"address": [{"a": "b"}]}, "brand.address"),
        ({"colour": "red"}, "brand.colour"),
        ({"logo": "x.png"}, "brand.logo is not known"),
        ({"logo_svg": "PNG"}, "brand.logo_svg"),
        ({"bank": {"account": "1"}}, "brand.bank"),
        ({"bank": "mine"}, "brand.bank"),
    ):
        rewritten(shell, brand=wrong)
        refused = shell.json("operator open @new.yaml", code=1)
        assert refused["error"] == "operator_file_wrong"
        assert what in refused["sentence"]


def test_what_is_exported_is_what_holds_and_opens_another(business):  # noqa: F811
    rewritten(
        business, brand={"name": "Quillback", "address": ["2 Invented Street"]},
        quarantine={"msisdn": "9 days"}, prices_include_tax="true",
    )  # fmt: skip
    business("operator change @new.yaml")
    written = business.json("operator export @now")["files"]
    assert written == ["quillback.yaml", "taxes.yaml", "ladder-consumer.yaml"]
    assert business.json("operator change @now/quillback.yaml")["changes"] == []
    business("operator export @now", code=1)
    path = business.folder / "now" / "quillback.yaml"
    path.write_text(path.read_text().replace("code: quillback", "code: other"))
    business("operator open @now/quillback.yaml")
    names = ("name", "brand", "quarantine", "prices_include_tax", "ladder consumer", "taxes")
    one, other = (
        {row["setting"]: row["value"] for row in business.json(f"operator show --operator {code}")[
            "settings"]}
        for code in ("quillback", "other")
    )  # fmt: skip
    assert [one[name] for name in names] == [other[name] for name in names]


def test_a_ladder_is_changed_and_who_stands_on_the_old_one_comes_down(business):  # noqa: F811
    business.write("ladder.yaml", f"{LADDER}  - {{after: 5 days, suspend: all}}\n")
    business("operator change @op.yaml")
    business("bill run --date 2026-02-01")
    business("operator clock --to 2026-02-19")
    business("collect")
    business("operator clock --to 2026-02-21")
    business("collect")
    assert business.json("inventory show 491700000001")["state"] == "assigned"
    business.write("ladder.yaml", LADDER.replace("3 days", "7 days"))
    changed = business.json("operator change @op.yaml")["changes"]
    assert [one["setting"] for one in changed] == ["ladder consumer"]
    paid = business.json("pay A1 23.80 --key k1 --reference INV-2026-000001")
    assert paid["restored"] == ["mobile C1"]


def test_an_invoice_of_before_is_printed_as_it_was(business):  # noqa: F811
    business("bill run --date 2026-02-01")
    rewritten(
        business, name="Quillback Mobile (invented)", language="de",
        brand={"address": ["9 Moved Street"], "bank": {"iban": "XX00"}},
    )  # fmt: skip
    business("operator change @new.yaml")
    business("bill run --date 2026-03-01")
    (tenant_id, _, _) = list_tenants()[0]
    old, new = (document_of(f"INV-2026-00000{number}", tenant_id=tenant_id) for number in (1, 2))
    assert (old.seller.name, old.seller.address, old.how_to_pay.iban) == (
        "Quillback Telecom (invented)", (), "",
    )  # fmt: skip
    assert (new.seller.name, new.seller.address, new.how_to_pay.iban) == (
        "Quillback Mobile (invented)", ("9 Moved Street",), "XX00",
    )  # fmt: skip


def test_a_brand_is_mended_for_what_was_issued(business):  # noqa: F811
    business("bill run --date 2026-02-01")
    missing = business.json("invoice xml INV-2026-000001 -o @one.xml", code=1)["sentence"]
    assert "brand.vat_number" in missing
    brand = {"address": ["9 Street", "Town"], "vat_number": "DE123456789"}
    rewritten(business, brand=brand)
    assert "too)" in business("operator change @new.yaml --for-issued").stdout
    business("invoice xml INV-2026-000001 -o @one.xml")
    rewritten(business, brand=brand | {"name": "Quillback Later"})
    business("operator change @new.yaml")
    business("invoice xml INV-2026-000001 -o @again.xml")
    one, again = ((business.folder / f"{name}.xml").read_bytes() for name in ("one", "again"))
    assert b"DE123456789" in one
    assert one == again


def test_days_to_pay_in_are_changed_for_accounts(business):  # noqa: F811
    business("account open A2 --name Bob --payment-days 7")
    assert business.json("account payment-days 21 --instead-of 14")["accounts"] == 1
    assert business.json("account payment-days 21 A1 A2")["accounts"] == 1
    assert business.json("account payment-days 21 A9", code=1)["error"] == "unknown_account"
    for wrong in ("21", "21 A1 --instead-of 14", "400 A1", "x A1"):
        business(f"account payment-days {wrong}", code=2)
    business("bill run --date 2026-02-01")
    assert business.json("invoice list")["invoices"][0]["due_on"] == "2026-02-22"
