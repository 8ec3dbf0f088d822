"""Balances and vouchers on the command line, as a shop and an operator's desk use them."""

import csv

import pytest

from tests.gates.cli.test_commands import business, shell  # noqa: F401  (fixtures)


@pytest.fixture
def prepaid(business):  # noqa: F811
    business("account open A2 --name Bo")
    for account in ("A1", "A2"):
        business(f"balance terms {account} --mode prepaid")
    return business


def test_a_balance_is_filled_moved_corrected_and_read_back(prepaid):
    assert prepaid.json("balance top-up A1 20.00 --key cash-1 --valid-days 30")["left"] == "20"
    assert prepaid.json("balance top-up A1 20.00 --key cash-1")["repeated"]
    moved = prepaid.json("balance transfer A1 A2 5 --key t-1 --fee 0.25")
    assert (moved["left"], moved["repeated"]) == ("14.75", False)
    assert prepaid.json("balance transfer A1 A2 5 --key t-1 --fee 0.25")["repeated"]
    (bucket,) = prepaid.json("balance show A1")["buckets"]
    assert bucket["valid_to"] == "2026-01-30T23:00:00+00:00"
    line = f"balance adjust A1 {bucket['bucket']} --add -0.75 --why twice --key c-1"
    assert prepaid.json(line)["remaining"] == "14"
    moves = prepaid.json("balance history A1")["movements"]
    assert [move["kind"] for move in moves] == ["correct", "debit", "transfer_out", "credit"]
    assert prepaid.json("balance post")["accounts"] == 0
    prepaid("operator clock --to 2026-02-01")
    assert prepaid.json("balance expire") == {"buckets": 1, "lost": {"EUR": "14"}}
    assert prepaid.json("reconcile")["reconciled"]


def test_a_daily_fee_cuts_off_and_a_top_up_restores(prepaid):
    prepaid("balance terms A1 --fee-amount 40 --fee-days 30", code=2)
    prepaid("balance terms A1 --fee-amount 40 --fee-days 30 --fee-from 2026-01-01")
    prepaid("balance top-up A1 2.00 --key a")
    assert prepaid.json("balance fees")["taken"] == {"EUR": "1.333333333333"}
    assert prepaid.json("balance fees --date 2026-01-02")["cut"] == ["A1"]
    assert prepaid.json("balance top-up A1 2.00 --key b")["restored"] == ["mobile C1"]
    assert prepaid.json("reconcile")["reconciled"] is True


def test_vouchers_are_made_once_redeemed_and_blocked(prepaid):
    line = "voucher make-batch S --count 3 --worth 5 --valid-until 2026-12-31 --out @pins.csv"
    prepaid(line)
    assert (prepaid.folder / "pins.csv").stat().st_mode & 0o777 == 0o600
    assert prepaid.json(line, code=1)["error"] == "file_fault"
    other = line.replace("pins", "more")
    assert prepaid.json(other, code=1)["error"] == "voucher_batch_exists"
    assert not (prepaid.folder / "more.csv").exists()
    with (prepaid.folder / "pins.csv").open(newline="") as file:
        pins = [row["pin"] for row in csv.DictReader(file)]
    assert prepaid.json(f"voucher redeem A1 {pins[0]}")["left"] == "5"
    assert prepaid.json(f"voucher redeem A2 {pins[0]}", code=1)["error"] == "voucher_not_redeemable"
    assert prepaid.json("voucher redeem A2 12345", code=1)["error"] == "wrong_pin"
    assert prepaid.json("voucher block S")["blocked"] == 2
    (batch,) = prepaid.json("voucher list")["batches"]
    assert (batch["made"], batch["redeemed"], batch["blocked"]) == (3, 1, 2)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("balance show A9", "unknown_account"),
        ("balance top-up A1 1.001 --key k", "amount_not_payable"),
        ("balance top-up A1 1.00 --key k --currency USD", "other_currency"),
        ("balance transfer A1 A2 5 --key k", "balance_too_small"),
        ("balance transfer A1 A1 5 --key k", "same_account"),
        ("balance grant A1 1 --key k --where zone~home", "not_a_condition"),
        ("balance adjust A1 77 --add 1 --why x --key k", "unknown_bucket"),
        ("voucher block NONE", "unknown_vouchers"),
    ],
)
def test_what_cannot_be_done_is_told(prepaid, line, error):
    assert prepaid.json(line, code=1)["error"] == error


def test_a_grant_says_what_it_is_for(prepaid):
    line = "balance grant A1 2 --unit GB --kind data --where zone~=~home --key g --valid-days 7"
    assert not prepaid.json(line)["repeated"]
    assert prepaid.json(line)["repeated"]
    prepaid("balance grant A1 0 --unit furlong --key h", code=2)
    (bucket,) = prepaid.json("balance show A1")["buckets"]
    assert (bucket["origin"], bucket["remaining"], bucket["unit"]) == ("grant", "2000000000", "B")
    assert prepaid.json("reconcile")["reconciled"]
