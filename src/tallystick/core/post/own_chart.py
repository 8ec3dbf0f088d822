"""An operator's own chart of accounts, and the rules that book facts in it, read from text.

What is posted keeps its standard account, which proofs and balances go by; the rules add the
account of the operator's chart that journals and trial balances show.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from tallystick.base.refusal import Refusal
from tallystick.core.post.chart import CHART, TAX_PAYABLE, LedgerAccount, Nature
from tallystick.core.post.own_details import (
    is_place,
    keys_of,
    read_method_key,
    read_tax_key,
    told_apart,
)
from tallystick.core.post.rules import RULES, EventKind
from tallystick.core.tariff.page import Page
from tallystick.core.tariff.source import CatalogueError, Table, Text, Unreadable, read_source
from tallystick.core.tariff.words import Mistake, read_word

TOP_WORDS: Final = ("accounts", "rules", "facts")
REVENUE: Final = "revenue"
ELSE: Final = "else"

NAMED: Final = {
    account.name.lower(): account for account in CHART.values() if not account.code.startswith("40")
}
"""The standard accounts by the names that rules have for them; revenue goes by service."""

FACTS: Final = {str(kind).replace("_", " "): kind for kind in EventKind}


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """An account of the operator's own chart."""

    code: str
    name: str
    kind: Nature


@dataclass(frozen=True, slots=True)
class OwnChart:
    """Own accounts, and where facts are booked: (fact or none, standard account) -> own account.

    `revenue_else` has, by fact or none, the account of revenue that is not named; `told` that of
    some taxes or ways of payment: (fact or none, standard account, key) -> own account.
    """

    accounts: tuple[OwnAccount, ...] = ()
    places: Mapping[tuple[EventKind | None, str], str] = field(default_factory=dict)
    revenue_else: Mapping[EventKind | None, str] = field(default_factory=dict)
    told: Mapping[tuple[EventKind | None, str, str], str] = field(default_factory=dict)

    @property
    def rules(self) -> int:
        """How many rules there are."""
        return len(self.places) + len(self.revenue_else) + len(self.told)

    def book(self, standard: str, *, kind: EventKind, detail: str = "") -> str | None:
        """The own account for a posting to that standard one; None where no rule names any."""
        for fact in (kind, None):
            for key in keys_of(standard, detail=detail):
                told = self.told.get((fact, standard, key))
                if told is not None:
                    return told
            own = self.places.get((fact, standard))
            if own is None and is_revenue(standard):
                own = self.revenue_else.get(fact)
            if own is not None:
                return own
        return None


@dataclass
class OwnChartRefused(Refusal):
    """All that is wrong in posting rules, at once."""

    code = "posting_rules_refused"
    errors: tuple[CatalogueError, ...] = ()

    def sentence(self) -> str:
        return "\n".join(error.sentence() for error in self.errors)


def is_revenue(standard: str) -> bool:
    """Whether postings to that account are revenue by service: no other standard account is."""
    return standard not in CHART or standard.startswith("40")


def read_own_chart(text: str, *, name: str) -> OwnChart:
    """The chart and rules of a text; `name` is its file's, for the mistakes.

    :raises OwnChartRefused: with every mistake, its line, and how to mend it
    """
    errors: list[CatalogueError] = []
    try:
        page = Page(read_source(text), file=name, path="", errors=errors)
    except Unreadable as stop:
        mistake = CatalogueError(name, stop.line, "", stop.message)
        raise OwnChartRefused(errors=(mistake,)) from None
    accounts = {account.code: account for account in _accounts(page)}
    reading = _Reading(page, accounts)
    reading.take("rules", None)
    node = page.node("facts")
    if node is not None and not isinstance(node, Table):
        page.complain(node.line, "is a table of facts and their rules", word="facts")
    elif node is not None:
        facts = Page(node, file=name, path="facts", errors=errors)
        for word, kind in FACTS.items():
            if facts.has(word):
                of_fact = _Reading(facts, accounts)
                of_fact.take(word, kind)
                reading.places |= of_fact.places
                reading.revenue_else |= of_fact.revenue_else
                reading.told |= of_fact.told
        facts.close(tuple(FACTS))
    page.close(TOP_WORDS)
    errors += _left_unmapped(page, accounts, reading)
    if errors:
        raise OwnChartRefused(errors=tuple(sorted(set(errors))))
    return OwnChart(tuple(accounts.values()), reading.places, reading.revenue_else, reading.told)


def _accounts(page: Page) -> Iterator[OwnAccount]:
    if not page.has("accounts"):
        page.complain(
            page.table.line, "'accounts' is missing; write 1400: {name: ..., kind: asset}"
        )
    for code, inner in page.pages("accounts"):
        name = inner.need("name", _name, "")
        kind = inner.need("kind", lambda text: read_word(text, words=Nature), Nature.ASSET)
        inner.close(("name", "kind"))
        if len(code) > 60:
            inner.complain(inner.table.line, "has more than 60 characters; shorten the code")
        yield OwnAccount(code, name, kind)


def _name(text: str) -> str:
    if not 0 < len(text) <= 200:
        raise Mistake("a name has 1 to 200 characters")
    return text


class _Reading:
    """Rules being read from the words of one page."""

    def __init__(self, page: Page, accounts: Mapping[str, OwnAccount]) -> None:
        self._page, self._accounts = page, accounts
        self.places: dict[tuple[EventKind | None, str], str] = {}
        self.revenue_else: dict[EventKind | None, str] = {}
        self.told: dict[tuple[EventKind | None, str, str], str] = {}

    def take(self, word: str, kind: EventKind | None) -> None:
        """The rules under that word, of one kind of fact or of all."""
        node = self._page.node(word)
        if node is None:
            return
        if not isinstance(node, Table):
            self._page.complain(node.line, "is a table such as {receivable: 1400}", word=word)
            return
        path = ".".join(part for part in (self._page.path, word) if part)
        page = Page(node, file=self._page.file, path=path, errors=self._page.errors)
        posted = _posted_by(kind)
        for name, standard in NAMED.items():
            own = page.node(name)
            if own is None:
                continue
            if kind is not None and standard.code not in posted:
                known = ", ".join(n for n, one in NAMED.items() if one.code in posted)
                page.complain(own.line, f"is not posted by that fact; it posts {known}", word=name)
            elif isinstance(own, Table) and told_apart(standard.code):
                _Telling(self, page, standard, kind).take(own, name)
            elif code := self.account(page, own, name, standard.nature):
                self.places[kind, standard.code] = code
        self._revenue(page, kind)
        page.close((*NAMED, REVENUE))

    def _revenue(self, page: Page, kind: EventKind | None) -> None:
        """`revenue: 8400`, or `{access: 8400, else: 8300}` by the names of the price list."""
        node = page.node(REVENUE)
        if node is None:
            return
        named = node.entries if isinstance(node, Table) else {ELSE: node}
        for service, entry in named.items():
            word = REVENUE if service == ELSE else f"{REVENUE}.{service}"
            if code := self.account(page, entry, word, Nature.INCOME):
                if service == ELSE:
                    self.revenue_else[kind] = code
                else:
                    self.places[kind, service] = code

    def account(self, page: Page, node: object, word: str, nature: Nature) -> str:
        """The code of the own account that a word names; empty, and noted, where it is none."""
        if not isinstance(node, Text):
            page.complain(getattr(node, "line", 1), "is one account, such as 1400", word=word)
            return ""
        own = self._accounts.get(node.value)
        if own is None:
            known = ", ".join(self._accounts) or "none"
            page.complain(node.line, f"{node.value} is not under 'accounts': {known}", word=word)
            return ""
        if own.kind is not nature:
            message = f"{own.code} {own.name} is of kind {own.kind}; {word} needs one of {nature}"
            page.complain(node.line, message, word=word)
            return ""
        return own.code


@dataclass(frozen=True, slots=True)
class _Telling:
    """A table that tells the postings to one standard account apart."""

    reading: _Reading
    page: Page
    standard: LedgerAccount
    kind: EventKind | None

    def take(self, table: Table, word: str, *, place: str = "") -> None:
        """`{19 %: 1776, DE: {7 %: 1771}, else: 1770}`, or `{cash: 1000, card stripe: 1360}`."""
        taxes = self.standard.code == TAX_PAYABLE
        for name, node in table.entries.items():
            said = f"{word}.{name}"
            if taxes and not place and is_place(name):
                if isinstance(node, Table):
                    self.take(node, said, place=name)
                else:
                    self._note(f"{name}||", node, said)
            elif name == ELSE and place:
                self._note(f"{place}||", node, said)
            elif name == ELSE:
                code = self.reading.account(self.page, node, said, self.standard.nature)
                if code:
                    self.reading.places[self.kind, self.standard.code] = code
            else:
                try:
                    key = read_tax_key(name, place=place) if taxes else read_method_key(name)
                except Mistake as mistake:
                    self.page.complain(table.key_lines[name], str(mistake), word=word)
                    continue
                self._note(key, node, said)

    def _note(self, key: str, node: object, word: str) -> None:
        code = self.reading.account(self.page, node, word, self.standard.nature)
        place = (self.kind, self.standard.code, key)
        if code and place in self.reading.told:
            self.page.complain(getattr(node, "line", 1), "is said twice", word=word)
        elif code:
            self.reading.told[place] = code


def _posted_by(kind: EventKind | None) -> set[str]:
    templates = RULES[kind] if kind is not None else ()
    return {template.account for template in templates if template.account is not None}


def _left_unmapped(
    page: Page, accounts: Mapping[str, OwnAccount], reading: _Reading
) -> Iterator[CatalogueError]:
    """Own codes that are standard ones too, while the standard account keeps its own code."""
    mapped = {standard for fact, standard in reading.places if fact is None}
    for code, own in accounts.items():
        standard = CHART.get(code)
        if standard is None or code in mapped or reading.places.get((None, code)) == code:
            continue
        if is_revenue(code) and None in reading.revenue_else:
            continue
        message = (
            f"{code} {own.name} has the code of the standard account {standard.name}, which has "
            f"no rule; write a rule for {standard.name.lower()!r} as well"
        )
        yield CatalogueError(page.file, page.table.line, f"accounts.{code}", message)
