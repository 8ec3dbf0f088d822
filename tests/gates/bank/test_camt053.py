"""Statements: read as they are written, refused when they do not add up."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tallystick.base.refusal import Refusal
from tallystick.gates.bank.camt053 import StatementUnreadable, read_camt053
from tests.gates.bank.statements import Booked, statement_of

LINES = [
    Booked("41.94", "INV-2026-000001", payer="Ada  Example", iban="DE02120300000000202051"),
    Booked("-7.50", "bank charges", reference="R1"),
    Booked("5.00", "not yet", status="PDNG"),
    Booked("5.00", reference="R2"),
    Booked("5.00", reference="R2"),
]


def write(folder: Path, text: str) -> Path:
    path = folder / "statement.xml"
    path.write_text(text, encoding="utf-8")
    return path


def test_booked_entries_are_lines(tmp_path: Path) -> None:
    (statement,) = read_camt053(write(tmp_path, statement_of(LINES)))
    assert (statement.number, statement.iban) == ("S-1", "DE89370400440532013000")
    assert [line.amount for line in statement.lines] == [
        Decimal(text) for text in ("41.94", "-7.50", "5.00", "5.00")
    ]
    first = statement.lines[0]
    assert (first.text, first.payer) == ("INV-2026-000001", "Ada Example")
    assert (first.payer_iban, str(first.booked_on)) == ("DE02120300000000202051", "2026-02-14")
    assert len({line.key for line in statement.lines}) == 4


def test_a_batch_is_read_payment_by_payment(tmp_path: Path) -> None:
    text = statement_of([Booked("30.00", "both", reference="B")])
    parts = "".join(
        f'<TxDtls><Amt Ccy="EUR">{amount}</Amt><RmtInf><Ustrd>{said}</Ustrd></RmtInf></TxDtls>'
        for amount, said in (("10.00", "one"), ("20.00", "two"))
    )
    start, end = text.index("<TxDtls>"), text.index("</NtryDtls>")
    (statement,) = read_camt053(write(tmp_path, text[:start] + parts + text[end:]))
    assert [(line.amount, line.text) for line in statement.lines] == [
        (Decimal("10.00"), "one"),
        (Decimal("20.00"), "two"),
    ]


WRONG = {
    "balances": (statement_of(LINES, off="0.01"), "do not make"),
    "no xml": ("not xml", "it is not XML"),
    "cut off": (statement_of(LINES)[:900], "it is not XML"),
    "other xml": ("<a><b/></a>", "no camt.053 statement"),
    "amount": (statement_of(LINES).replace(">41.94<", ">4e9<", 1), "'4e9' is not an amount"),
    "no amount": (statement_of(LINES).replace(">41.94<", ">NaN<", 1), "'NaN' is not an amount"),
    "day": (statement_of(LINES).replace("2026-02-14", "2026-02-30"), "is not a day"),
    "bomb": (
        '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;&b;">]>' + "<a>&c;</a>",
        "no camt.053 statement",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_add_up_is_refused(tmp_path: Path, name: str) -> None:
    text, said = WRONG[name]
    with pytest.raises(StatementUnreadable, match=said):
        read_camt053(write(tmp_path, text))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_spoilt_files_are_refused_or_add_up(tmp_path: Path, data: st.DataObject) -> None:
    text = statement_of(LINES)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text = text[:at] + data.draw(st.text(max_size=4)) + text[at + 1 :]
    try:
        path = tmp_path / "spoilt.xml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        statements = read_camt053(path)
    except Refusal:
        return
    for one in statements:
        assert one.opening + sum(line.amount for line in one.lines) == one.closing
