"""Reads account statements in ISO 20022 camt.053, any of its versions.

Booked entries are taken, pending ones left for the statement that books them. An entry that a bank
booked for several payments at once is read payment by payment where it tells their amounts. The
balances must explain themselves: opening and all entries are the closing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NoReturn

from lxml import etree

from tallystick.base.money import EXACT
from tallystick.base.refusal import Refusal
from tallystick.core.receive.statement import Statement, StatementLine

_AMOUNT: Final = re.compile(r"[0-9]{1,18}(\.[0-9]{1,5})?")
MOST_BYTES: Final = 512 * 2**20


@dataclass
class StatementUnreadable(Refusal):
    """The file is no statement, or does not add up; nothing of it was taken."""

    code = "statement_unreadable"
    path: str = ""
    line: int = 0
    problem: str = ""

    def sentence(self) -> str:
        where = f"{self.path}:{self.line}" if self.line else self.path
        return f"{where}: {self.problem}; ask the bank for the statement again"


def read_camt053(path: Path) -> list[Statement]:
    """The statements of the file.

    :raises StatementUnreadable: when it is none, or its entries do not explain its balances
    """
    if path.stat().st_size > MOST_BYTES:
        raise StatementUnreadable(path=str(path), problem=f"over {MOST_BYTES // 2**20} MB")
    try:
        return _Reader(path).read()
    except etree.XMLSyntaxError as fault:
        raise StatementUnreadable(
            path=str(path), line=fault.lineno or 0, problem="it is not XML that can be read"
        ) from None


class _Reader:
    """Reads entry by entry, so that memory holds the lines and not the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._statements: list[Statement] = []
        self._begin()

    def _begin(self) -> None:
        self._lines: list[StatementLine] = []
        self._seen: dict[str, int] = {}
        self._number = self._iban = self._currency = ""
        self._balances: dict[str, Decimal] = {}

    def read(self) -> list[Statement]:
        events = etree.iterparse(
            str(self._path), tag=("{*}Bal", "{*}Ntry", "{*}Stmt"), resolve_entities=False,
            no_network=True, load_dtd=False, huge_tree=False,
        )  # fmt: skip
        for _, node in events:
            name, parent = etree.QName(node).localname, node.getparent()
            if name == "Stmt":
                self._close(node)
            elif parent is not None and etree.QName(parent).localname == "Stmt":
                self._head(parent)
                if name == "Bal":
                    self._take_balance(node)
                else:
                    self._lines.extend(self._entries(node))
            node.clear()
        if not self._statements:
            raise StatementUnreadable(
                path=str(self._path), problem="it holds no camt.053 statement"
            )
        return self._statements

    def _head(self, statement: Any) -> None:
        """The statement's number and whose account it is, which stand before its entries."""
        if not self._number:
            self._number = (statement.findtext("{*}Id") or "").strip()
            own = statement.find("{*}Acct/{*}Id")
            found = "" if own is None else own.findtext("{*}IBAN") or own.findtext(".//{*}Id")
            self._iban = (found or "").strip()

    def _take_balance(self, node: Any) -> None:
        code = node.findtext("{*}Tp/{*}CdOrPrtry/{*}Cd") or ""
        amount, currency = self._amount(node)
        self._currency = currency
        self._balances[code] = amount

    def _close(self, node: Any) -> None:
        opening = self._balances.get("OPBD", self._balances.get("PRCD"))
        closing = self._balances.get("CLBD")
        if opening is None or closing is None:
            self._refuse(node, "it lacks its opening or closing balance")
        total = sum((line.amount for line in self._lines), Decimal(0))
        if EXACT.add(opening, total) != closing:
            self._refuse(node, f"{opening} and entries of {total} do not make {closing}")
        lines = tuple(self._lines)
        self._statements.append(
            Statement(self._number, self._iban, self._currency, opening, closing, lines)
        )
        self._begin()

    def _entries(self, node: Any) -> Iterator[StatementLine]:
        status = node.findtext("{*}Sts/{*}Cd") or node.findtext("{*}Sts") or "BOOK"
        if status.strip() != "BOOK":
            return
        whole, currency = self._amount(node)
        booked = self._day(node)
        reference = (node.findtext("{*}AcctSvcrRef") or node.findtext("{*}NtryRef") or "").strip()
        details = node.findall("{*}NtryDtls/{*}TxDtls")
        parts = [self._part(detail, whole) for detail in details]
        if len(details) < 2 or sum(part or 0 for part in parts) != whole or None in parts:
            details, parts = details[:1] or [node], [whole]
        for at, (detail, amount) in enumerate(zip(details, parts, strict=True)):
            assert amount is not None
            own = (detail.findtext("{*}Refs/{*}AcctSvcrRef") or "").strip()
            yield StatementLine(
                key=self._key(own or (f"{reference}/{at}" if reference else "")),
                booked_on=booked,
                amount=amount,
                currency=currency,
                text=_text_of(detail, node),
                payer=_payer(detail, "{*}Nm", whole),
                payer_iban=_payer_iban(detail, whole),
            )

    def _key(self, reference: str) -> str:
        """The bank's own reference, or else the place in the statement; repeated ones numbered."""
        key = f"{self._iban}:{reference or f'{self._number}/{len(self._lines)}'}"
        count = self._seen.get(key, 0)
        self._seen[key] = count + 1
        return (f"{key}#{count}" if count else key)[-95:]

    def _part(self, detail: Any, whole: Decimal) -> Decimal | None:
        """One payment's own amount within an entry for several."""
        own = detail.find("{*}Amt")
        if own is None:
            own = detail.find("{*}AmtDtls/{*}TxAmt/{*}Amt")
        if own is None:
            return None
        amount = self._decimal(own)
        return amount if whole >= 0 else -amount

    def _amount(self, node: Any) -> tuple[Decimal, str]:
        own = node.find("{*}Amt")
        if own is None:
            self._refuse(node, "an amount is missing")
        side = (node.findtext("{*}CdtDbtInd") or "CRDT").strip()
        amount = self._decimal(own)
        return (-amount if side == "DBIT" else amount), own.get("Ccy", "")

    def _decimal(self, node: Any) -> Decimal:
        text = (node.text or "").strip()
        if not _AMOUNT.fullmatch(text):
            self._refuse(node, f"{node.text!r} is not an amount")
        return Decimal(text)

    def _day(self, node: Any) -> date:
        for name in ("BookgDt", "ValDt"):
            text = node.findtext(f"{{*}}{name}/{{*}}Dt") or node.findtext(f"{{*}}{name}/{{*}}DtTm")
            try:
                if text:
                    return date.fromisoformat(text.strip()[:10])
            except ValueError:
                self._refuse(node, f"{text!r} is not a day")
        self._refuse(node, "an entry has no day")

    def _refuse(self, node: Any, problem: str) -> NoReturn:
        raise StatementUnreadable(path=str(self._path), line=node.sourceline or 0, problem=problem)


def _text_of(detail: Any, entry: Any) -> str:
    """What it is for: free text, structured references, the end-to-end id, why it came back."""
    found = [node.text or "" for node in detail.iterfind("{*}RmtInf/{*}Ustrd")]
    found += [node.text or "" for node in detail.iterfind("{*}RmtInf/{*}Strd/{*}CdtrRefInf/{*}Ref")]
    end_to_end = detail.findtext("{*}Refs/{*}EndToEndId") or ""
    if end_to_end not in ("", "NOTPROVIDED"):
        found.append(end_to_end)
    for where in (detail, entry):
        for path in ("{*}Refs/{*}MsgId", "{*}Refs/{*}PmtInfId", "{*}NtryDtls/{*}Btch/{*}MsgId",
                     "{*}NtryDtls/{*}Btch/{*}PmtInfId"):  # fmt: skip
            named = where.findtext(path) or ""
            if named.startswith("TSR") and named not in found:
                found.append(named)
    found += [node.text or "" for node in detail.iterfind("{*}RtrInf/{*}Rsn/{*}Cd")]
    found += [node.text or "" for node in entry.iterfind("{*}AddtlNtryInf")]
    return " ".join(" ".join(found).split())[:500]


def _other_side(whole: Decimal) -> str:
    return "Dbtr" if whole >= 0 else "Cdtr"


def _payer(detail: Any, name: str, whole: Decimal) -> str:
    side = _other_side(whole)
    parties = detail.find("{*}RltdPties")
    if parties is None:
        return ""
    found = parties.findtext(f"{{*}}{side}/{{*}}Pty/{name}") or parties.findtext(
        f"{{*}}{side}/{name}"
    )
    return " ".join((found or "").split())[:200]


def _payer_iban(detail: Any, whole: Decimal) -> str:
    path = f"{{*}}RltdPties/{{*}}{_other_side(whole)}Acct/{{*}}Id/{{*}}IBAN"
    return (detail.findtext(path) or "").replace(" ", "")[:34]
