"""Statements as banks write them, made to order."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from xml.sax.saxutils import escape

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


@dataclass(frozen=True)
class Booked:
    """One entry: its amount (money out below zero) and what it says."""

    amount: str
    text: str = ""
    payer: str = "Somebody Else"
    iban: str = ""
    reference: str = ""
    status: str = "BOOK"


def statement_of(
    entries: Sequence[Booked], *, number: str = "S-1", opening: str = "100.00", off: str = "0",
    day: str = "2026-02-14", currency: str = "EUR",
) -> str:  # fmt: skip
    booked = sum((Decimal(e.amount) for e in entries if e.status == "BOOK"), Decimal(0))
    closing = Decimal(opening) + booked + Decimal(off)
    body = "".join(_entry(entry, day, currency) for entry in entries)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{NAMESPACE}"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>M</MsgId></GrpHdr><Stmt><Id>{number}</Id>"
        "<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct>"
        f"{_balance('OPBD', Decimal(opening), currency)}{_balance('CLBD', closing, currency)}"
        f"{body}</Stmt></BkToCstmrStmt></Document>"
    )


def _balance(code: str, amount: Decimal, currency: str) -> str:
    side = "CRDT" if amount >= 0 else "DBIT"
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{currency}">{abs(amount)}</Amt><CdtDbtInd>{side}</CdtDbtInd></Bal>'
    )


def _entry(entry: Booked, day: str, currency: str) -> str:
    amount = Decimal(entry.amount)
    side, party = ("CRDT", "Dbtr") if amount >= 0 else ("DBIT", "Cdtr")
    reference = f"<AcctSvcrRef>{entry.reference}</AcctSvcrRef>" if entry.reference else ""
    account = f"<{party}Acct><Id><IBAN>{entry.iban}</IBAN></Id></{party}Acct>"
    return (
        f'<Ntry><Amt Ccy="{currency}">{abs(amount)}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
        f"<Sts><Cd>{entry.status}</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt>{reference}"
        f"<NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><RltdPties>"
        f"<{party}><Pty><Nm>{escape(entry.payer)}</Nm></Pty></{party}>"
        f"{account if entry.iban else ''}</RltdPties>"
        f"<RmtInf><Ustrd>{escape(entry.text)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )
