"""Notices, ends taken back and deposits on the command line, given rightly and wrongly."""

from tests.gates.cli.test_commands import business, shell  # noqa: F401


def test_a_notice_is_given_once_and_taken_back_once(business):  # noqa: F811
    early = business.json("contract notice C1 --on 2025-12-01", code=1)
    assert early["error"] == "contract_cannot_end"
    assert "begins on 2026-01-01, which is after 2025-12-01" in early["sentence"]
    business("operator clock --to 2026-01-11")
    business("contract end C1 --on 2026-03-01")
    again = business.json("contract end C1 --on 2026-04-01", code=1)
    assert "tallystick contract keep C1" in again["sentence"]
    assert business.json("contract keep C1")["ended_on"] == "2026-03-01"
    assert business.json("contract keep C1", code=1)["error"] == "no_end_agreed"
    business("contract end C1")
    over = business.json("contract notice C1", code=1)
    assert "ends on 2026-01-11 as it is" in over["sentence"]


def test_a_deposit_without_interest(business):  # noqa: F811
    held = business.json("deposit hold A1 50 --key d-1")
    assert (held["amount"], held["interest"]) == ("50.00", "0")
    assert business.json("deposit hold A1 60 --key d-1", code=1)["error"] == "deposit_key_reused"
    assert business.json("deposit hold A9 50 --key d-2", code=1)["error"] == "unknown_account"
    business("deposit hold A1 50 --key d-3 --interest 101", code=2)
    business("deposit hold A1 0 --key d-3", code=1)
    business("deposit end A1")
    business("deposit end A1", code=1)
