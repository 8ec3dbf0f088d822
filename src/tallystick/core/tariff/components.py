"""The components of an offer as they are written: recurring, included and usage prices."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from tallystick.base.money import plain
from tallystick.core.tariff import nodes
from tallystick.core.tariff.calendars import charged_only, read_calendar
from tallystick.core.tariff.nodes import (
    ALWAYS,
    Band,
    BandPrice,
    Calendar,
    Deck,
    DeckKey,
    DeckRow,
    Price,
    Scope,
    Steps,
    Tier,
)
from tallystick.core.tariff.page import Page
from tallystick.core.tariff.source import Node, Table, Text
from tallystick.core.tariff.words import (
    Mistake,
    read_count,
    read_filter,
    read_flag,
    read_interval,
    read_name,
    read_number,
    read_price,
    read_quantity,
    read_steps,
    read_word,
)

RECURRING_WORDS: Final = (
    "every", "in", "align", "price", "proration", "quantity from", "tax", "revenue",
)  # fmt: skip
ALLOWANCE_WORDS: Final = (
    "include", "of", "where", "priority", "share", "covers", "roll over", "then", "tax", "revenue",
)  # fmt: skip
USAGE_WORDS: Final = (
    "of", "where", "price", "per", "by", "deck", "no rate", "bill by", "minimum", "free first",
    "connect", "charge at least", "charge at most", "during", "bands", "split", "tiers", "share",
    "tax", "revenue",
)  # fmt: skip
NO_PRICE: Final = Price(Decimal(0), Decimal(1), "unit")


@dataclass(frozen=True, slots=True)
class Names:
    """What the components of a catalogue may name; inline rate tables are added to the decks."""

    calendars: Mapping[str, Calendar]
    decks: dict[str, Deck]
    deck_units: dict[str, list[str]]


def read_component(page: Page, *, code: str, names: Names) -> nodes.Component | None:
    """The component written on that page, by the word that tells its kind."""
    if page.has("every"):
        return _recurring(page, code)
    if page.has("include"):
        return _allowance(page, code)
    if page.has("of"):
        return _UsageReader(page, code, names).read()
    page.complain(
        page.table.line,
        "has no kind; 'every' makes it recurring, 'include' an allowance, 'of' a price of usage",
    )
    return None


def _recurring(page: Page, code: str) -> nodes.Recurring:
    recurring = nodes.Recurring(
        code=code,
        line=page.table.line,
        every=page.read("every", read_interval, nodes.Interval(1, nodes.IntervalUnit.MONTH)),
        timing=page.read("in", lambda t: read_word(t, words=nodes.Timing), nodes.Timing.ADVANCE),
        align=page.read(
            "align", lambda t: read_word(t, words=nodes.Alignment), nodes.Alignment.CALENDAR
        ),
        price=page.need("price", read_number, Decimal(0)),
        proration=_proration(page),
        quantity_from=page.read("quantity from", read_name, None),
        tax=page.read("tax", read_name, ""),
        revenue=page.read("revenue", read_name, ""),
    )
    page.close(RECURRING_WORDS)
    return recurring


def _proration(page: Page) -> nodes.Proration:
    def policy(text: str) -> nodes.ProrationPolicy:
        return read_word(text, words=nodes.ProrationPolicy)

    node = page.node("proration")
    directions = ("start", "upgrade", "downgrade", "quantity change", "pause", "end")
    if isinstance(node, Table):
        inner = Page(node, file=page.file, path=f"{page.path}.proration", errors=page.errors)
        basis = inner.read(
            "by",
            lambda t: read_word(t, words=nodes.ProrationBasis),
            nodes.ProrationBasis.ACTUAL_DAYS,
        )
        every = inner.read("else", policy, nodes.ProrationPolicy.PRORATE)
        policies = [inner.read(word, policy, every) for word in directions]
        inner.close(("by", "else", *directions))
        return nodes.Proration(basis, *policies)
    every = nodes.ProrationPolicy.PRORATE
    if node is not None:
        every = page.phrase(node, policy, every, word="proration")
    return nodes.Proration(nodes.ProrationBasis.ACTUAL_DAYS, *[every] * len(directions))


def _allowance(page: Page, code: str) -> nodes.Allowance:
    quantity, unit = page.read("include", read_quantity, (Decimal(1), "unit"))
    if quantity <= 0:
        page.complain(page.table.line, "includes nothing; include more than 0", word="include")
    roll_over = page.node("roll over")
    if roll_over is not None and not (isinstance(roll_over, Text) and roll_over.value == "none"):
        page.complain(
            roll_over.line, "is not supported yet; leave it out or write none", word="roll over"
        )
    covers = [page.phrase(text, read_name, "", word="covers") for text in page.listed("covers")]
    allowance = nodes.Allowance(
        code=code,
        line=page.table.line,
        quantity=quantity,
        unit=unit,
        of=page.need("of", read_name, ""),
        where=page.read("where", read_filter, ALWAYS),
        priority=page.read("priority", read_count, 100),
        scope=page.read("share", lambda t: read_word(t, words=Scope), Scope.CONTRACT),
        covers=tuple(covers) if page.has("covers") else None,
        named=page.has("covers"),
        beyond=page.read("then", str, None),
        tax=page.read("tax", read_name, ""),
        revenue=page.read("revenue", read_name, ""),
    )
    page.close(ALLOWANCE_WORDS)
    return allowance


class _UsageReader:
    """Reads one price of usage, gathering the units it names."""

    def __init__(self, page: Page, code: str, names: Names) -> None:
        self.page, self.code, self.names = page, code, names
        self.units: dict[str, str] = {}

    def read(self) -> nodes.UsagePrice:
        page = self.page
        connect, at_zero = page.read("connect", _connect, (Decimal(0), False))
        bands = self._bands()
        reset = self._reset()
        deck, prices = self._prices(bands)
        steps = self._steps()
        usage = nodes.UsagePrice(
            code=self.code,
            line=page.table.line,
            of=page.need("of", read_name, ""),
            where=page.read("where", read_filter, ALWAYS),
            unit=None,
            prices=prices,
            deck=deck,
            no_rate=self._no_rate(),
            steps=steps,
            connect=connect,
            connect_at_zero=at_zero,
            charge_at_least=page.read("charge at least", read_number, None),
            charge_at_most=page.read("charge at most", read_number, None),
            bands=bands,
            split=page.read("split", read_flag, False),
            reset=reset,
            scope=page.read("share", lambda t: read_word(t, words=Scope), Scope.CONTRACT),
            tax=page.read("tax", read_name, ""),
            revenue=page.read("revenue", read_name, ""),
        )
        page.close(USAGE_WORDS)
        return replace(usage, unit=self._unit())

    def _unit(self) -> str | None:
        if len(self.units) > 1:
            written = ", ".join(f"{unit} in {word!r}" for unit, word in self.units.items())
            self.page.complain(self.page.table.line, f"mixes units ({written}); use one")
        return next(iter(self.units), None)

    def _note_unit(self, word: str, unit: str) -> None:
        self.units.setdefault(unit, word)

    def _reset(self) -> nodes.Reset:
        node = self.page.node("tiers")
        if node is None:
            return nodes.Reset.CYCLE
        if not isinstance(node, Table):
            self.page.complain(node.line, "is a table such as {reset: cycle}", word="tiers")
            return nodes.Reset.CYCLE
        path = f"{self.page.path}.tiers"
        inner = Page(node, file=self.page.file, path=path, errors=self.page.errors)
        reset = inner.read("reset", lambda t: read_word(t, words=nodes.Reset), nodes.Reset.CYCLE)
        inner.close(("reset",))
        return reset

    def _bands(self) -> tuple[Band, ...]:
        page = self.page
        during, bands = page.node("during"), page.node("bands")
        if during is not None and bands is not None:
            page.complain(during.line, "stands beside 'bands'; use one of the two", word="during")
        if during is not None:
            name = page.phrase(during, str, "", word="during")
            calendar = page.phrase(during, self._calendar, None, word="during")
            short = name if name in self.names.calendars else "during"
            return charged_only(short, calendar=calendar) if calendar else ()
        if bands is None:
            return ()
        if not isinstance(bands, Table):
            page.complain(bands.line, "is a table such as {day: mon-fri 08:00-20:00, night: else}")
            return ()
        made = []
        for name, node in bands.entries.items():
            if isinstance(node, Text) and node.value.strip() == "else":
                made.append(Band(name, None))
            elif calendar := page.phrase(node, self._calendar, None, word=f"bands.{name}"):
                made.append(Band(name, calendar))
        return tuple(made)

    def _calendar(self, text: str) -> Calendar | None:
        return self.names.calendars.get(text) or read_calendar(text)

    def _steps(self) -> Steps:
        def measure(word: str) -> Decimal:
            value, unit = self.page.read(word, read_quantity, (Decimal(0), ""))
            if unit:
                self._note_unit(word, unit)
            if value < 0:
                self.page.complain(self.page.table.line, "is less than nothing", word=word)
            return value

        nothing: tuple[tuple[nodes.Step, ...], str] = ((), "")
        steps, unit = self.page.read("bill by", read_steps, nothing)
        if unit:
            self._note_unit("bill by", unit)
        return Steps(steps, measure("minimum"), measure("free first"), unit or None)

    def _no_rate(self) -> Price | None:
        def read(text: str) -> Price | None:
            if text == "refuse":
                return None
            unit = next(iter(self.units), "unit")
            return Price(Decimal(0), Decimal(1), unit) if text == "zero" else read_price(text)

        price = self.page.read("no rate", read, None)
        if price is not None:
            self._note_unit("no rate", price.unit)
        return price

    def _prices(self, bands: tuple[Band, ...]) -> tuple[str | None, tuple[BandPrice, ...]]:
        """The deck that says the price, or the price list itself."""
        page = self.page
        node, deck, by = page.node("price"), page.node("deck"), page.listed("by")
        unit_node = page.node("per")
        unit = page.phrase(unit_node, str, None, word="per") if unit_node else None
        if deck is not None:
            if node is not None or by:
                page.complain(deck.line, "says the price; leave out 'price' and 'by'", word="deck")
            return self._deck(deck), ()
        if node is None:
            if unit_node or not page.has("connect"):
                page.complain(page.table.line, "has no 'price' and no 'deck'; write one")
            return None, tuple(BandPrice(b.name, (Tier(None, NO_PRICE),)) for b in bands) or (
                BandPrice(None, (Tier(None, NO_PRICE),)),
            )
        unit = unit or _limit_unit(node)
        if by:
            return self._inline_deck(node, by, unit), ()
        banded = bands and bands[-1].charged and isinstance(node, Table)
        if not banded or not isinstance(node, Table) or "above" in node.entries:
            band = bands[0].name if bands and not bands[-1].charged else None
            return None, (BandPrice(band, self._tiers(node, unit, "price")),)
        return None, tuple(
            BandPrice(band, self._tiers(entry, unit, f"price.{band}"))
            for band, entry in node.entries.items()
        )

    def _tiers(self, node: Node, unit: str | None, word: str) -> tuple[Tier, ...]:
        if not isinstance(node, Table):
            return (Tier(None, self._price(node, unit, word)),)
        tiers = []
        for key, entry in node.entries.items():
            where = f"{word}.{key}"
            if key == "above":
                tiers.append(Tier(None, self._price(entry, unit, where)))
                continue
            heading = Text(key, node.key_lines[key])
            limit, limit_unit = self.page.phrase(heading, _limit, (Decimal(0), ""), word=word)
            if limit_unit:
                self._note_unit(where, limit_unit)
            tiers.append(Tier(limit, self._price(entry, unit, where)))
        return tuple(tiers)

    def _price(self, node: Node, unit: str | None, word: str) -> Price:
        price = self.page.phrase(
            node, lambda text: read_price(text, default_unit=unit), NO_PRICE, word=word
        )
        if price is not NO_PRICE:
            self._note_unit(word, price.unit)
        return price

    def _deck(self, node: Node) -> str | None:
        name = self.page.phrase(node, str, "", word="deck")
        deck = self.names.decks.get(name)
        if deck is None:
            known = ", ".join(self.names.decks) or "none yet"
            message = f"{name!r} is not a deck of this catalogue; known: {known}"
            self.page.complain(node.line, message, word="deck")
            return None
        for unit in self.names.deck_units[name]:
            self._note_unit(f"deck {name}", unit)
        return name

    def _inline_deck(self, node: Node, by: list[Text], unit: str | None) -> str | None:
        """`by: flavour` with `price: {small: ..., large: ..., else: ...}` as a rate table."""
        if not isinstance(node, Table) or len(by) != 1:
            self.page.complain(node.line, "'by' one field needs a table of prices", word="price")
            return None
        field = self.page.phrase(by[0], read_name, "", word="by")
        rows = tuple(
            DeckRow(
                line=node.key_lines[value],
                match=(None if value == "else" else value,),
                price=self._price(entry, unit, f"price.{value}"),
            )
            for value, entry in node.entries.items()
        )
        code = f"{self.page.path} by {field}"
        key = DeckKey(field, False, field)
        self.names.decks[code] = Deck(code, node.line, (key,), rows)
        return code


def _connect(text: str) -> tuple[Decimal, bool]:
    always = text.endswith(" always")
    return read_number(text.removesuffix(" always").strip()), always


def _limit(text: str) -> tuple[Decimal, str]:
    if not text.startswith("to "):
        raise Mistake(f"{text!r} is not a tier; write 'to 100 GB' or 'above'")
    limit, unit = read_quantity(text[3:].strip())
    if limit <= 0:
        raise Mistake(f"{text!r}: a tier ends above {plain(Decimal(0))}")
    return limit, unit


def _limit_unit(node: Node) -> str | None:
    """The unit of the first tier limit below that node, as it is written."""
    if not isinstance(node, Table):
        return None
    for key, entry in node.entries.items():
        if key.startswith("to ") and len(key.split()) == 3:
            return key.split()[2]
        if found := _limit_unit(entry):
            return found
    return None
