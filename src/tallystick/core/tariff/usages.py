"""A price of usage as it is written: which usage, how it is counted, what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from tallystick.base.money import plain
from tallystick.core.tariff import nodes
from tallystick.core.tariff.calendars import charged_only, read_calendar, read_weight
from tallystick.core.tariff.counts import read_counts
from tallystick.core.tariff.deck_rows import gather_rows
from tallystick.core.tariff.nodes import (
    ALWAYS,
    Band,
    BandPrice,
    Calendar,
    Deck,
    DeckKey,
    DeckRow,
    FeeDue,
    Late,
    PeriodTerms,
    Price,
    Scope,
    Steps,
    Tier,
)
from tallystick.core.tariff.page import Page
from tallystick.core.tariff.periods import (
    TERM_WORDS,
    default_price_unit,
    read_terms,
    usage_unit,
)
from tallystick.core.tariff.source import Node, Table, Text
from tallystick.core.tariff.words import (
    MONEY,
    Mistake,
    read_filter,
    read_flag,
    read_name,
    read_number,
    read_price,
    read_quantity,
    read_steps,
    read_word,
)

USAGE_WORDS: Final = (
    "of", "where", "price", "per", "by", "deck", "no rate", "bill by", "minimum", "free first",
    "connect", "charge at least", "charge at most", "during", "bands", "split", "tiers", "share",
    "tax", "revenue", "counts", "late", *TERM_WORDS,
)  # fmt: skip
NO_PRICE: Final = Price(Decimal(0), Decimal(1), "unit")


@dataclass(frozen=True, slots=True)
class Names:
    """What the components of a catalogue may name; inline rate tables are added to the decks."""

    calendars: Mapping[str, Calendar]
    decks: dict[str, Deck]
    deck_units: dict[str, list[str]]
    currency: str


def read_usage(page: Page, *, code: str, names: Names) -> nodes.UsagePrice:
    """The price of usage written on that page."""
    return _UsageReader(page, code, names).read()


def read_own_price(page: Page, *, usage: nodes.UsagePrice, currency: str) -> nodes.UsagePrice:
    """The same usage at the price on that page, in place of its price list or deck."""
    return _UsageReader(page, usage.code, Names({}, {}, {}, currency)).read_price_of(usage)


class _UsageReader:
    """Reads one price of usage, gathering the units it names."""

    def __init__(self, page: Page, code: str, names: Names) -> None:
        self.page, self.code, self.names = page, code, names
        self.units: dict[str, str] = {}
        self.price_units: dict[str, str] = {}
        self.terms: PeriodTerms | None = None

    def read(self) -> nodes.UsagePrice:
        page = self.page
        counts = page.read("counts", read_counts, None)
        if counts is not None:
            self._note_unit("counts", counts.unit)
        connect, due = page.read("connect", _connect, (Decimal(0), FeeDue.USED))
        bands = self._bands()
        reset, allocation, self.terms = read_terms(page)
        deck, prices = self._prices(bands)
        no_rate, fallback = self._no_rate()
        steps = self._steps()
        usage = nodes.UsagePrice(
            code=self.code,
            line=page.table.line,
            of=page.need("of", read_name, ""),
            where=page.read("where", read_filter, ALWAYS),
            unit=None,
            prices=prices,
            deck=deck,
            fallback=fallback,
            no_rate=no_rate,
            steps=steps,
            connect=connect,
            connect_due=due,
            charge_at_least=page.read("charge at least", read_number, None),
            charge_at_most=page.read("charge at most", read_number, None),
            bands=bands,
            split=page.read("split", read_flag, False),
            counts=counts,
            period=self.terms,
            price_unit=None,
            reset=reset,
            scope=page.read("share", lambda t: read_word(t, words=Scope), Scope.CONTRACT),
            tax=page.read("tax", read_name, ""),
            revenue=page.read("revenue", read_name, ""),
            late=self._late(),
            allocation=allocation,
        )
        page.close(USAGE_WORDS)
        unit, price_unit = self._only(self.units), self._only(self.price_units)
        return replace(usage, unit=unit, price_unit=price_unit)

    def read_price_of(self, usage: nodes.UsagePrice) -> nodes.UsagePrice:
        """That usage with the page's price; all else is as it was."""
        self.terms = usage.period
        _, prices = self._prices(usage.bands)
        self.page.close(("price", "per"))
        unit, price_unit = self._only(self.units), self._only(self.price_units)
        if usage.unit is not None and unit not in (None, usage.unit):
            message = f"is in {unit}, and {usage.code} is in {usage.unit}; use one unit"
            self.page.complain(self.page.table.line, message, word="price")
        listed = replace(usage, prices=prices, deck=None, fallback=None, no_rate=None)
        return replace(listed, unit=unit, price_unit=price_unit)

    def _only(self, units: dict[str, str]) -> str | None:
        if len(units) > 1:
            written = ", ".join(f"{unit} in {word!r}" for unit, word in units.items())
            self.page.complain(self.page.table.line, f"mixes units ({written}); use one")
        return next(iter(units), None)

    def _note_unit(self, word: str, unit: str) -> None:
        self.units.setdefault(unit, word)

    def _note_price_unit(self, word: str, unit: str) -> None:
        """A price may be for what a measure makes of the usage: kW of kWh."""
        self.price_units.setdefault(unit, word)
        try:
            counted = usage_unit(self.terms, price_unit=unit)
        except Mistake as mistake:
            self.page.complain(self.page.table.line, str(mistake), word=word)
            return
        if counted is not None:
            self._note_unit(word, counted)

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
            elif weighed := page.phrase(node, self._weighed, None, word=f"bands.{name}"):
                calendar, weight = weighed
                made.append(Band(name, calendar, weight=weight))
        return tuple(made)

    def _weighed(self, text: str) -> tuple[Calendar, int]:
        phrase, weight = read_weight(text)
        return self.names.calendars.get(phrase) or read_calendar(phrase), weight

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

    def _late(self) -> Late:
        late = self.page.read("late", lambda t: read_word(t, words=Late), Late.DIFFERENCE)
        if late is Late.NEXT_BILL and self.terms is not None:
            message = (
                "a price that needs the whole period has to count usage in its own; "
                "write difference, hold or refuse"
            )
            self.page.complain(self.page.table.line, message, word="late")
        return late

    def _no_rate(self) -> tuple[Price | None, str | None]:
        """The price where no row fits, or the deck that is asked then."""
        node = self.page.table.entries.get("no rate")
        if isinstance(node, Text) and node.value.strip().startswith("deck "):
            self.page.node("no rate")
            named = Text(node.value.strip().removeprefix("deck ").strip(), node.line)
            return None, self._deck(named, word="no rate")

        def read(text: str) -> Price | None:
            if text == "refuse":
                return None
            unit = next(iter(self.units), "unit")
            return Price(Decimal(0), Decimal(1), unit) if text == "zero" else read_price(text)

        price = self.page.read("no rate", read, None)
        if price is not None:
            self._note_unit("no rate", price.unit)
        return price, None

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
        unit = unit or _limit_unit(node) or default_price_unit(self.terms)
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
        if not node.entries:
            self.page.complain(node.line, "is empty; write a price", word=word)
            return (Tier(None, NO_PRICE),)
        tiers = []
        for key, entry in node.entries.items():
            where = f"{word}.{key}"
            if key == "above":
                tiers.append(Tier(None, self._price(entry, unit, where)))
                continue
            heading = Text(key, node.key_lines[key])
            limit, limit_unit = self.page.phrase(heading, _limit, (Decimal(0), ""), word=word)
            if limit_unit:
                self._note_price_unit(where, limit_unit)
            tiers.append(Tier(limit, self._price(entry, unit, where)))
        return tuple(tiers)

    def _price(self, node: Node, unit: str | None, word: str) -> Price:
        price = self.page.phrase(
            node, lambda text: read_price(text, default_unit=unit), NO_PRICE, word=word
        )
        if price.unit == MONEY:
            price = replace(price, unit=self.names.currency)
        if price is not NO_PRICE:
            self._note_price_unit(word, price.unit)
        return price

    def _deck(self, node: Node, *, word: str = "deck") -> str | None:
        name = self.page.phrase(node, str, "", word=word)
        deck = self.names.decks.get(name)
        if deck is None:
            known = ", ".join(self.names.decks) or "none yet"
            message = f"{name!r} is not a deck of this catalogue; known: {known}"
            self.page.complain(node.line, message, word=word)
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
        rows = (
            DeckRow(
                line=node.key_lines[value],
                match=(None if value == "else" else value,),
                price=self._price(entry, unit, f"price.{value}"),
            )
            for value, entry in node.entries.items()
        )
        code = f"{self.page.path} by {field}"
        key = DeckKey(field, False, field)
        self.names.decks[code] = Deck(code, node.line, (key,), gather_rows(rows, keys=1))
        return code


def _connect(text: str) -> tuple[Decimal, FeeDue]:
    """`0.05`, `0.05 always`, `0.05 unless included`; a deck may say the fee: `unless included`."""
    for due in (FeeDue.ALWAYS, FeeDue.UNLESS_INCLUDED):
        if text.endswith(due):
            fee = text.removesuffix(due).strip()
            return read_number(fee) if fee else Decimal(0), due
    if " " in text:
        raise Mistake(f"{text!r} is no fee; write 0.05, '0.05 always' or '0.05 unless included'")
    return read_number(text), FeeDue.USED


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
