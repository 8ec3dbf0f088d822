"""What is handed out, as a person and a script use it."""

from tests.gates.cli.test_commands import business, shell  # noqa: F401


def test_a_number_in_quarantine_is_listed_refused_and_released(business):  # noqa: F811
    business("inventory quarantine --set msisdn=30 --set ip=1")
    assert business.json("inventory quarantine")["quarantine"] == {"ip": 1, "msisdn": 30}
    business("account open A2 --name Bob")
    business("operator clock --to 2026-01-11")
    business("contract end C1")
    (one,) = business.json("inventory list --state quarantined")["identifiers"]
    assert (one["value"], one["contract"]) == ("491700000001", "C1")
    assert one["kept_until"] == "2026-02-09T23:00:00+00:00"
    assert business.json("inventory list --state free")["identifiers"] == []

    start = "contract start A2 talk --number C2 --service mobile --identifier msisdn=491700000001"
    refused = business.json(start, code=1)
    assert (refused["error"], refused["parameters"]["until"]) == (
        "identifier_quarantined", "2026-02-10",
    )  # fmt: skip
    business.json("inventory release 491700000009 --reason x", code=1)
    business("inventory release +491700000001", code=2)
    business("inventory release +491700000001 --reason ~", code=2)
    freed = business.json("inventory release +491700000001 --reason a~swap")
    assert freed["reason"] == "a swap"
    assert business.json("inventory release 491700000001 --reason again", code=1)["error"] == (
        "not_quarantined"
    )
    business(start)
    shown = business.json("inventory show 491700000001")
    assert shown["state"] == "assigned"
    assert [one["what"] for one in shown["history"]] == [
        "assigned", "given back", "released early", "assigned",
    ]  # fmt: skip
    assert "a swap" in business("inventory show 491700000001").output


def test_wrong_days_of_a_quarantine(business):  # noqa: F811
    for wrong in ("msisdn=x", "msisdn=-1", "msisdn=4000", "msisdn"):
        business(f"inventory quarantine --set {wrong}", code=2)
    assert business.json("inventory quarantine")["quarantine"] == {}


def test_an_operator_file_with_wrong_days(shell):  # noqa: F811
    for wrong in ("{msisdn: many}", "{MSISDN: 3 days}", "{msisdn: 4000 days}", "[msisdn]"):
        text = (shell.folder / "op.yaml").read_text()
        shell.write("wrong.yaml", f"{text}quarantine: {wrong}\n")
        refused = shell.json("operator open @wrong.yaml", code=1)
        assert refused["error"] == "operator_file_wrong"


def test_equipment_is_lent_asked_for_charged_and_credited(business):  # noqa: F811
    business("inventory lend C1 R-1 --worth 0", code=2)
    business("inventory lend C1 R-1 --worth 90 --return-days -1", code=2)
    assert business.json("inventory lend C9 R-1 --worth 90", code=1)["error"] == "unknown_contract"
    business("inventory lend C1 R-1 --kind router --worth 90 --return-days 3")
    out = business.json("inventory lend C1 R-1 --worth 90", code=1)
    assert (out["error"], out["parameters"]["contract"]) == ("device_out", "C1")
    business("operator clock --to 2026-01-11")
    business("contract end C1")
    (one,) = business.json("inventory lent --state asked")["equipment"]
    assert (one["serial"], one["due_on"], one["worth"]) == ("R-1", "2026-01-14", "90.00")
    assert business.json("contract run --date 2026-01-14")["charged"] == 0
    assert business.json("contract run --date 2026-01-15")["charged"] == 1
    assert business.json("contract run --date 2026-01-15")["charged"] == 0
    # ten of 31 days of 10.00 are 3.2258; with the router 93.2258, 19 % of it 17.7129
    assert business.json("bill run --date 2026-01-15")["totals"] == {"EUR": "110.94"}
    before = business.json("inventory returned R-1 --on 2025-12-31", code=1)
    assert before["error"] == "returned_before_lent"
    back = business.json("inventory returned R-1")
    assert (back["given_back"], back["credit_note"]) == ("90.00", "CRN-2026-000001")
    assert business.json("inventory returned R-1", code=1)["error"] == "not_lent"
    (one,) = business.json("inventory lent")["equipment"]
    assert (one["state"], one["charged_on"]) == ("returned", "2026-01-15")
    assert business.json("reconcile")["reconciled"]


def test_what_comes_back_before_the_bill_is_not_billed(business):  # noqa: F811
    business("inventory lend C1 R-1 --kind router --worth 90 --return-days 0")
    business("operator clock --to 2026-01-11")
    business("contract end C1")
    business("contract run --date 2026-01-12")
    back = business("inventory returned R-1").output
    assert "90.00 were to be charged on the next bill and are not" in back
    # ten of 31 days of 10.00 are 3.2258, 19 % of it 0.6129
    assert business.json("bill run --date 2026-01-13")["totals"] == {"EUR": "3.84"}
