"""Invoices in a foreign currency whose tax no rate can say in the operator's own: told beforehand,
and completed by the first rate that is given."""

from decimal import Decimal

import pytest

from tallystick.domain.tenants.scope import list_tenants
from tallystick.flows.document import document_of
from tests.gates.cli.test_commands import shell  # noqa: F401

DOLLARS = """
currency: USD
zone: Europe/Berlin
offers:
  port:
    from: 2025-01-01
    components:
      line: {every: month, in: arrears, price: 100.00}
"""
COMMAND = "tallystick exchange add USD EUR RATE --date {} --source WHOSE"


@pytest.fixture
def carrier(shell):  # noqa: F811
    """Two customers who pay in dollars, of whom one bears no tax."""
    shell.write("dollars.yaml", DOLLARS)
    shell("operator open @op.yaml")
    shell("catalog publish @dollars.yaml --from 2025-01-01")
    for number, kind in (("A1", "business"), ("A2", "reverse_charge")):
        shell(f"account open {number} --name Ada --currency USD --customer-kind {kind}")
        shell(f"contract start {number} port --number C{number}")
    return shell


def lacking(on: str, invoices: int) -> dict:
    return {
        "date": on, "currency": "USD", "into": "EUR", "invoices": invoices,
        "command": COMMAND.format(on),
    }  # fmt: skip


def home_tax(number: int):
    (tenant_id, _, _) = list_tenants()[0]
    found = document_of(f"INV-2026-00000{number}", tenant_id=tenant_id).home_tax
    return found and (found.amount, found.currency)


def test_a_rate_that_lacks_is_told_before_and_after(carrier):
    told = carrier.json("bill rehearse --date 2026-02-01")
    assert (told["invoices"], told["lacking_rates"]) == (2, [lacking("2026-02-01", 1)])
    assert COMMAND.format("2026-02-01") in carrier("bill rehearse --date 2026-02-01").stdout

    billed = carrier("bill run --date 2026-02-01").stdout
    assert "1 invoices of 2026-02-01 in USD bear tax that they cannot say in EUR" in billed
    carrier("operator clock --to 2026-03-01")
    carrier("exchange add USD EUR 0.90 --source ECB")
    assert carrier.json("bill rehearse")["lacking_rates"] == []
    assert carrier.json("bill run")["lacking_rates"] == []
    # A rate of March says nothing of February.
    taxed = next(n for n in (1, 2) if carrier.json(f"invoice show INV-2026-00000{n}")[
        "tax"] == "19.00")  # fmt: skip
    assert home_tax(taxed) is None
    assert home_tax(3 - taxed) is None

    carrier("exchange add USD EUR 0.80 --source ECB --date 2026-02-01")
    assert home_tax(taxed) == (Decimal("15.20"), "EUR")
    # Now it is said; what comes later changes it no more.
    carrier("operator clock --to 2026-03-02")
    carrier("exchange add USD EUR 0.85 --source ECB --date 2026-02-01 --correct")
    assert home_tax(taxed) == (Decimal("15.20"), "EUR")


def test_bills_that_wait_say_which_rate_they_lack(carrier):
    held = carrier.json("bill run --date 2026-02-01 --hold")
    assert (held["drafts"], held["lacking_rates"]) == (2, [])
    assert carrier.json("bill drafts")["lacking_rates"] == [lacking("2026-02-01", 1)]
    assert COMMAND.format("2026-02-01") in carrier("bill drafts").stdout
    issued = carrier.json("bill approve --all")
    assert (issued["invoices"], issued["lacking_rates"]) == (2, [lacking("2026-02-01", 1)])
    assert carrier.json("bill drafts")["lacking_rates"] == []


def test_rates_over_a_third_currency_are_enough(carrier):
    carrier("exchange add XDR USD 1.30 --source IMF --date 2026-02-01 --until 2026-02-28")
    assert carrier.json("bill rehearse --date 2026-02-01")["lacking_rates"] != []
    carrier("exchange add XDR EUR 1.20 --source IMF --date 2026-02-01 --until 2026-02-28")
    assert carrier.json("bill rehearse --date 2026-02-01")["lacking_rates"] == []
    carrier("bill run --date 2026-02-01")
    assert (Decimal("17.54"), "EUR") in {home_tax(1), home_tax(2)}


def test_the_console_says_so_too(carrier, client):
    carrier("bill run --date 2026-02-01 --hold")
    assert COMMAND.format("2026-02-01") in client.get("/quillback/drafts").content.decode()
    assert "can say its tax in EUR" in client.get("/quillback/waiting").content.decode()
    carrier("bill approve --all")
    carrier("operator clock --to 2026-02-01")
    assert COMMAND.format("2026-02-01") in client.get("/quillback/waiting").content.decode()
    carrier("exchange add USD EUR 0.90 --source ECB")
    assert "can say its tax in EUR" in client.get("/quillback/waiting").content.decode()
