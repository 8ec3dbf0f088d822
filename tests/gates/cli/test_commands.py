"""The command line as a person and a script use it, on a real PostgreSQL."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tallystick.gates.cli.answers import STOPPED
from tallystick.gates.cli.app import app

OPERATOR = """
code: {code}
name: Quillback Telecom (invented)
country: DE
currency: EUR
zone: Europe/Berlin
taxes: taxes.yaml
ladders: {{consumer: ladder.yaml}}
rehearsal: 2026-01-01
"""
TAXES = "country: DE\ncategories:\n  standard: [{from: 2021-01-01, rate: 19 %}]\n"
LADDER = "ladder: consumer\ncurrency: EUR\nsteps:\n  - {after: 3 days, remind: mail}\n"
PRICES = """
currency: EUR
zone: Europe/Berlin
decks:
  abroad: {file: abroad.csv, key: prefix(called), per: min}
offers:
  talk:
    from: 2025-01-01
    components:
      line: {every: month, in: advance, price: 10.00}
      calls: {of: voice, where: zone = home, bill by: 60 s, price: 0.12 per min}
      abroad: {of: voice, where: zone = abroad, deck: abroad, bill by: 60 s}
"""
MAPPING = """
format: delimited
columns:
  record_id: [id]
  subject: {from: msisdn, kind: msisdn}
  kind: {constant: voice}
  started_at: {from: start, format: iso}
  quantity: {from: seconds, unit: s}
  called: {from: called}
  zone: zone
"""
CALLS = """id,msisdn,start,seconds,called,zone
r1,491700000001,2026-01-05T10:00:00Z,61,49301111,home
r2,491700000001,2026-01-05T11:00:00Z,61,44201111,abroad
r3,491700000002,2026-01-06T10:00:00Z,61,49301111,home
r4,491700000001,2026-01-06T10:00:00Z,-1,49301111,home
"""


class Shell:
    """Runs commands in a folder of files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    def __call__(self, line: str, *, code: int = 0):
        words = [word.replace("~", " ") for word in line.split()]
        result = CliRunner().invoke(app, [word.replace("@", f"{self.folder}/") for word in words])
        assert result.exit_code == code, (line, result.output, result.exception)
        return result

    def json(self, line: str, *, code: int = 0):
        """The document; nothing else may be on stdout."""
        return json.loads(self(f"{line} --json", code=code).stdout)


@pytest.fixture
def shell(own_database, tmp_path):
    shell = Shell(tmp_path)
    for name, text in {
        "op.yaml": OPERATOR.format(code="quillback"),
        "taxes.yaml": TAXES,
        "ladder.yaml": LADDER,
        "prices.yaml": PRICES,
        "abroad.csv": "prefix,price\n44,0.30\n",
        "calls.yaml": MAPPING,
        "calls.csv": CALLS,
    }.items():
        shell.write(name, text)
    return shell


@pytest.fixture
def business(shell):
    shell("operator open @op.yaml")
    shell("catalog publish @prices.yaml --from 2025-01-01")
    shell("account open A1 --name Ada~Sample --address 1~Street --address Town")
    shell("contract start A1 talk --number C1 --service mobile --identifier msisdn=+491700000001")
    return shell


def test_from_an_empty_installation_to_a_paid_bill(business):
    loaded = business.json("usage load @calls.csv --format @calls.yaml --source sw", code=3)
    (row,) = loaded["files"]
    figures = [row[name] for name in ("rows_in", "accepted", "rejected", "absorbed")]
    assert figures == [5, 2, 2, 1]
    again = business.json("usage load @calls.csv --format @calls.yaml --source sw", code=3)
    assert again["files"][0]["already_loaded"]
    assert business.json("rate")["lines"] == 2

    rehearsed = business.json("bill rehearse --date 2026-02-01")
    assert [one["difference"] for one in rehearsed["compared"]] == ["new"]
    assert business.json("invoice list")["invoices"] == []
    billed = business.json("bill run --date 2026-02-01")
    # 10.00 + 10.00 + 0.24 + 0.60 = 20.84, 19 % of it 3.9596
    assert (billed["invoices"], billed["totals"]) == (1, {"EUR": "24.80"})
    assert rehearsed["totals"] == billed["totals"]

    shown = business.json("invoice show INV-2026-000001")
    assert [line["net"] for line in shown["lines"]] == ["10.00", "10.00", "0.24", "0.60"]
    assert (shown["tax"], shown["total"], shown["open"]) == ("3.96", "24.80", "24.80")
    explained = business("explain --invoice INV-2026-000001 --line 4").stdout
    assert "deck abroad prefix 44 at 0.3 per min" in explained
    by_account = business.json("explain --account A1 --from 2026-01-05 --to 2026-01-05")
    assert [event["amount"] for event in by_account["explained"][0]["events"]] == ["0.24", "0.6"]
    usage_id = by_account["explained"][0]["events"][0]["usage"]
    assert "61 s" in business(f"explain --usage {usage_id}").stdout

    business("invoice pdf INV-2026-000001 -o @bill.pdf")
    assert (business.folder / "bill.pdf").read_bytes().startswith(b"%PDF")
    business("operator clock --to 2026-03-01")
    assert business.json("collect")["steps"][0]["action"] == "remind"
    paid = business.json("pay A1 30.00 --key k1 --reference INV-2026-000001")
    assert (paid["credit"], paid["allocations"][0]["amount"]) == ("5.20", "24.80")
    assert business.json("pay A1 30.00 --key k1")["repeated"]
    assert business.json("ledger trial-balance")["balanced"]
    assert len(business.json("ledger entries --account A1")["entries"]) == 3
    ports = {order["port"] for order in business.json("orders")["orders"]}
    assert ports == {"network", "mail"}
    assert business.json("reconcile")["reconciled"]


def test_terms_of_ones_own_are_granted_shown_and_ended(business):
    given = business.json("grant discount loyal {less:~10~%} --contract C1")
    assert (given["holder"], given["valid_from"]) == ("C1", "2026-01-01")
    business("grant coupon hello {less:~2.00} --account A1")
    business("override set C1 line 8.00")
    listed = business.json("grant list --contract C1")["grants"]
    assert [(one["kind"], one["name"]) for one in listed] == [
        ("discount", "loyal"), ("coupon", "hello"),
    ]  # fmt: skip
    # 8.00 less 0.80 less 2.00 = 5.20, with 19 % 6.188
    assert business.json("bill rehearse")["totals"] == {"EUR": "6.19"}
    assert business.json("bill run")["totals"] == {"EUR": "6.19"}
    why = business.json("explain --invoice INV-2026-000001 --line 2")["explained"][0]["why"]
    assert why[0] == "discount #1: loyal {less: 10 %}"

    assert business.json("override end C1 line --on 2026-02-01")["valid_to"] == "2026-02-01"
    assert business.json("grant end loyal --contract C1 --on 2026-02-01")["kind"] == "discount"
    assert business.json("bill run --date 2026-02-01")["totals"] == {"EUR": "11.90"}
    (price,) = business.json("override list")["overrides"]
    assert (price["price"], price["to"]) == ("8.00", "2026-02-01")
    business("grant discount loyal {less:~10~%}", code=2)
    refused = business.json("grant discount more {less:~110~%} --contract C1", code=1)
    assert refused["error"] == "catalogue_refused"


def test_rejects_go_out_corrected_and_back_in(business):
    business("usage load @calls.csv --format @calls.yaml", code=3)
    business("rate")
    assert business.json("usage rejects --code unknown_subject")["open"] == 1
    business("account open A2 --name Bo")
    business("contract start A2 talk --number C2 --service mobile --identifier msisdn=491700000002")
    assert business.json("usage replay --all")["accepted"] == 1
    business("usage rejects --export @out.jsonl")
    (line,) = (business.folder / "out.jsonl").read_text().splitlines()
    said = json.loads(line)
    said["raw"] = CALLS.splitlines()[0] + "\n" + said["raw"].replace("-1", "1")
    business.write("in.jsonl", json.dumps(said) + "\n\n")
    assert business.json("usage replay --file @in.jsonl")["accepted"] == 1
    refused = business.json("usage replay --file @in.jsonl", code=3)
    assert refused["refused"] == [{"reject": said["reject"], "code": "reject_not_open"}]
    (batch,) = business.json("usage batches")["batches"]
    assert (batch["accepted"], batch["rejected"], batch["state"]) == (4, 0, "charged")
    assert business.json("rate")["events"] == 2
    assert business.json("reconcile")["reconciled"]


REFUSED = """
pay A9 1.00 --key k | unknown_account | no account has the number 'A9'
pay A1 1.001 --key k | amount_not_payable | no more decimals than the currency
pay A1 0 --key k | amount_not_payable | above zero
pay A1 1.00 --key k --currency USD | no_exchange_rate | exchange add USD EUR RATE
exchange convert 1 USD eur | invalid_currency | capital letters
exchange add EUR EUR 1 --source ECB | rate_not_sound | two currencies
exchange add EUR USD 0 --source ECB | rate_not_sound | above zero
exchange add EUR USD 1 --source ECB --date 2026-03-02 --until 2026-03-01 | rate_not_sound | ended
account open A1 --name Ada | account_exists | choose another number
account open A2 --name Ada --currency eur | invalid_currency | three capital letters
account open A2 --name Ada --parent A9 | unknown_account | A9
account open AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA --name A | value_not_storable | long
contract start A1 talk --number C1 | contract_exists | choose another number
contract start A1 walk --number C2 | unknown_offer | offers: talk
contract start A1 talk --number C2 --service m --identifier msisdn=491700000001 | identifier_held |
usage load @no.csv --format nem12 | file_missing | there is no file
usage load @calls.csv --format nemo | | format 'nemo' is not known
usage load @calls.csv --format @taxes.yaml | | country is not known here
usage load @empty.csv --format nem12 | empty_file | is empty
usage replay --file @taxes.yaml | correction_wrong | line 1
invoice show INV-1 | unknown_invoice | INV-1
invoice pdf INV-1 | unknown_invoice | INV-1
explain --invoice INV-1 | unknown_invoice | INV-1
ledger entries --account A9 | unknown_account | A9
operator clock --to 2025-01-01 | clock_goes_forward | cannot go back
operator open @op.yaml | tenant_exists | choose another code
catalog check @taxes.yaml | catalogue_refused | taxes.yaml:1
catalog publish @prices.yaml --from 2025-01-01 | version_before_another | must begin after
usage rejects --export @no/where.jsonl | file_fault | No such file
rate --operator nobody | unknown_tenant | known operators: quillback
"""


def test_refusals_have_a_sentence_a_code_and_no_traceback(business):
    business.write("empty.csv", "")
    for line in REFUSED.strip().splitlines():
        command, code, sentence = (part.strip() for part in line.split("|"))
        result = business(command, code=1)
        if code:
            assert sentence in result.stderr.replace("\n", " "), line
            told = business.json(command, code=1)
            assert told["error"] == code, line
            assert sentence in told["sentence"]
            assert isinstance(told["parameters"], dict)
        else:  # of one file among several: it stands in its row
            assert sentence in " ".join(result.stdout.split()), line


WRONG_USAGE = """
books turn --through 2099-01-31 --close | --through 2099-01-31 has not come
books taxes --from 2026-02-01 --to 2026-01-31 | --to 2026-01-31 is before --from 2026-02-01
pay A1 ten --key k | write it as 1234.56
pay A1 1e3 --key k | write it as 1234.56
pay A1 NaN --key k | write it as 1234.56
pay A1 1.00 | --key
pay A1 1.00 --key k --method gold | is not one of bank
bill run --date 2026-02-30 | not a day of the calendar
bill run --date 20260201 | write it as 2026-03-01
operator clock --to soon | not a day of the calendar
account open A2 --name Ada --zone Mars/Dune | is not a zone
account open A2 --name Ada --country Germany | two capitals
account open A2 --name Ada --email ada | not an e-mail address
account open A2 --name Ada --bill-day 32 | less than or equal to 31
contract start A1 talk --number C2 --identifier msisdn=1 | say --service
contract start A1 talk --number C2 --service m --identifier 1 | name=value
contract start A1 talk --number C2 --from 2026-02-01 --to 2026-02-01 | not after
usage replay | --all or --file
usage replay --all --file @x | --all or --file
explain | say --invoice
invoice list --limit 0 | greater than or equal to 1
nothing | No such command
"""


def test_wrong_usage_is_told_with_exit_code_2(business):
    for line in WRONG_USAGE.strip().splitlines():
        command, hint = (part.strip() for part in line.split("|"))
        told = " ".join(business(command, code=2).stderr.replace("│", " ").split())
        assert hint in told, line


def test_the_operator_is_named_where_there_are_several(shell, monkeypatch):
    assert shell.json("rate", code=1)["error"] == "no_operator"
    shell("operator open @op.yaml")
    shell("rate")
    shell.write("other.yaml", OPERATOR.format(code="otter"))
    shell("operator open @other.yaml")
    told = shell.json("rate", code=1)
    assert (told["error"], told["parameters"]["known"]) == ("which_operator", "otter, quillback")
    shell("rate --operator otter")
    monkeypatch.setenv("TALLYSTICK_OPERATOR", "quillback")
    shell("rate")
    assert [one["code"] for one in shell.json("operators")["operators"]] == ["otter", "quillback"]


OPERATOR_FILES = """
currency: EUR | currency: euro | currency code
country: DE | country: Germany | country is 'Germany'
zone: Europe/Berlin | zone: Mars/Dune | zone is 'Mars/Dune'
code: quillback | code: Quill Back | code is 'Quill Back'
code: quillback | codes: quillback | codes is not known here
name: Quillback Telecom (invented) | | it lacks name
taxes: taxes.yaml | taxes: gone.yaml | there is no file
taxes: taxes.yaml | taxes: ladder.yaml | ladder.yaml
rehearsal: 2026-01-01 | rehearsal: 2026-02-30 | rehearsal is '2026-02-30'
rehearsal: 2026-01-01 | rounding: up and down | rounding is 'up and down'
rehearsal: 2026-01-01 | payment_days: -1 | payment_days is '-1'
rehearsal: 2026-01-01 | brand: red | brand is a table
code: quillback | code: [ | while parsing
"""


def test_an_operator_file_is_told_what_is_wrong_and_opens_nothing(shell):
    right = OPERATOR.format(code="quillback")
    for line in OPERATOR_FILES.strip().splitlines():
        old, new, problem = (part.strip() for part in line.split("|"))
        assert old in right
        shell.write("wrong.yaml", right.replace(old, new))
        assert problem in shell("operator open @wrong.yaml", code=1).stderr, line
    assert shell.json("operators")["operators"] == []


def test_usage_that_has_no_price_yet_is_suspended_and_said(shell):
    shell("operator open @op.yaml")
    shell("rate")
    shell("catalog publish @prices.yaml --from 2026-02-01")
    shell("account open A1 --name Ada")
    shell("contract start A1 talk --number C1 --service m --identifier msisdn=491700000001")
    shell("usage load @calls.csv --format @calls.yaml", code=3)
    assert shell.json("rate", code=3)["suspense"] == {"no_catalogue": 2}
    assert shell.json("reconcile")["reconciled"]


def test_ctrl_c_says_what_is_safe(business, monkeypatch):
    def stop(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr("tallystick.flows.charge.charge_usage", stop)
    assert STOPPED in business("rate", code=130).stderr


def test_a_figure_that_does_not_match_is_exit_code_3(business, monkeypatch):
    wrong = (("one is two", "SELECT 1", "SELECT 2"),)
    monkeypatch.setattr("tallystick.flows.reconcile.EQUALITIES", wrong)
    told = business.json("reconcile", code=3)
    one, prepaid = told["findings"]
    assert one == {"ok": False, "what": "one is two", "expected": "1", "found": "2"}
    assert prepaid["ok"]


def commands(group, path=()):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield pytest.param(" ".join((*path, name)), command, id=" ".join((*path, name)))


@pytest.mark.parametrize(("name", "command"), list(commands(typer.main.get_command(app))))
def test_every_command_has_help_two_examples_and_json(name, command):
    assert command.help
    assert command.epilog.count(f"tallystick {name}") >= 2
    options = [option for parameter in command.params for option in parameter.opts]
    assert "--json" in options
    result = CliRunner().invoke(app, [*name.split(), "--help"])
    assert result.exit_code == 0
