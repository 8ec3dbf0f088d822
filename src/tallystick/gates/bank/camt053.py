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
            name, parent = _local(node.tag), node.getparent()
            if name == "Stmt":
                self._close(node)
            elif parent is not None and _local(parent.tag) == "Stmt":
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
        texts = _gather(node, {}, None)
        code = _first(texts, "Tp/CdOrPrtry/Cd") or ""
        amount, currency = self._amount(texts, node)
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
        details: list[_Texts] = []
        entry = _gather(node, {}, details)
        status = _first(entry, "Sts/Cd") or _first(entry, "Sts") or "BOOK"
        if status.strip() != "BOOK":
            return
        whole, currency = self._amount(entry, node)
        booked = self._day(entry, node)
        reference = (_first(entry, "AcctSvcrRef") or _first(entry, "NtryRef") or "").strip()
        parts = [self._part(detail, whole, node) for detail in details]
        if len(details) < 2 or sum(part or 0 for part in parts) != whole or None in parts:
            details, parts = details[:1] or [entry], [whole]
        for at, (detail, amount) in enumerate(zip(details, parts, strict=True)):
            assert amount is not None
            own = (_first(detail, "Refs/AcctSvcrRef") or "").strip()
            yield StatementLine(
                key=self._key(own or (f"{reference}/{at}" if reference else "")),
                booked_on=booked,
                amount=amount,
                currency=currency,
                text=_text_of(detail, entry),
                payer=_payer(detail, whole),
                payer_iban=_payer_iban(detail, whole),
            )

    def _key(self, reference: str) -> str:
        """The bank's own reference, or else the place in the statement; repeated ones numbered."""
        key = f"{self._iban}:{reference or f'{self._number}/{len(self._lines)}'}"
        count = self._seen.get(key, 0)
        self._seen[key] = count + 1
        return (f"{key}#{count}" if count else key)[-95:]

    def _part(self, detail: "_Texts", whole: Decimal, node: Any) -> Decimal | None:
        """One payment's own amount within an entry for several."""
        own = _first(detail, "Amt")
        if own is None:
            own = _first(detail, "AmtDtls/TxAmt/Amt")
        if own is None:
            return None
        amount = self._decimal(own, node)
        return amount if whole >= 0 else -amount

    def _amount(self, texts: "_Texts", node: Any) -> tuple[Decimal, str]:
        own = _first(texts, "Amt")
        if own is None:
            self._refuse(node, "an amount is missing")
        side = (_first(texts, "CdtDbtInd") or "CRDT").strip()
        amount = self._decimal(own, node)
        return (-amount if side == "DBIT" else amount), texts.get(_CURRENCY, [""])[0]

    def _decimal(self, text: str, node: Any) -> Decimal:
        if not _AMOUNT.fullmatch(text.strip()):
            self._refuse(node, f"{text!r} is not an amount")
        return Decimal(text.strip())

    def _day(self, texts: "_Texts", node: Any) -> date:
        for name in ("BookgDt", "ValDt"):
            text = _first(texts, f"{name}/Dt") or _first(texts, f"{name}/DtTm")
            try:
                if text:
                    return date.fromisoformat(text.strip()[:10])
            except ValueError:
                self._refuse(node, f"{text!r} is not a day")
        self._refuse(node, "an entry has no day")

    def _refuse(self, node: Any, problem: str) -> NoReturn:
        raise StatementUnreadable(path=str(self._path), line=node.sourceline or 0, problem=problem)


_Texts = dict[str, list[str]]
"""The texts of an entry or a payment by their path within it, in their order."""

_DETAIL: Final = "NtryDtls/TxDtls"
_CURRENCY: Final = "Amt/@Ccy"
_NOTHING: Final[list[str]] = []
_NAMES_OF_RUNS: Final = (
    "Refs/MsgId", "Refs/PmtInfId", "NtryDtls/Btch/MsgId", "NtryDtls/Btch/PmtInfId",
)  # fmt: skip


def _local(tag: str) -> str:
    return tag[tag.rfind("}") + 1 :]


def _gather(node: Any, into: _Texts, details: list[_Texts] | None, within: str = "") -> _Texts:
    """What stands below the node, seen once; each payment's own goes to `details`.

    A statement has two dozen elements an entry: to ask for each by its path is most of the reading.
    """
    for child in node:
        tag = child.tag
        if not isinstance(tag, str):  # a comment
            continue
        path = within + tag[tag.rfind("}") + 1 :]
        if path == _DETAIL and details is not None:
            details.append(_gather(child, {}, None))
            continue
        into.setdefault(path, []).append(child.text or "")
        if path == "Amt":
            into.setdefault(_CURRENCY, []).append(child.get("Ccy", ""))
        if len(child):
            _gather(child, into, details, path + "/")
    return into


def _first(texts: _Texts, path: str) -> str | None:
    found = texts.get(path)
    return found[0] if found else None


def _text_of(detail: _Texts, entry: _Texts) -> str:
    """What it is for: free text, structured references, the end-to-end id, why it came back."""
    found = [*detail.get("RmtInf/Ustrd", _NOTHING)]
    found += detail.get("RmtInf/Strd/CdtrRefInf/Ref", _NOTHING)
    end_to_end = _first(detail, "Refs/EndToEndId") or ""
    if end_to_end not in ("", "NOTPROVIDED"):
        found.append(end_to_end)
    for where in (detail, entry):
        for path in (
            "Refs/MsgId",
            "Refs/PmtInfId",
            "NtryDtls/Btch/MsgId",
            "NtryDtls/Btch/PmtInfId",
        ):
            named = _first(where, path) or ""
            if named.startswith("TSR") and named not in found:
                found.append(named)
    found += detail.get("RtrInf/Rsn/Cd", _NOTHING)
    found += entry.get("AddtlNtryInf", _NOTHING)
    return " ".join(" ".join(found).split())[:500]


def _other_side(whole: Decimal) -> str:
    return "Dbtr" if whole >= 0 else "Cdtr"


def _payer(detail: _Texts, whole: Decimal) -> str:
    parties = f"RltdPties/{_other_side(whole)}"
    found = _first(detail, f"{parties}/Pty/Nm") or _first(detail, f"{parties}/Nm")
    return " ".join((found or "").split())[:200]


def _payer_iban(detail: _Texts, whole: Decimal) -> str:
    found = _first(detail, f"RltdPties/{_other_side(whole)}Acct/Id/IBAN")
    return (found or "").replace(" ", "")[:34]
