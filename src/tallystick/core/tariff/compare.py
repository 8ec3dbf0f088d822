"""What differs between two price lists, in the words of whoever wrote them."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

import polars as pl

from tallystick.base.money import EXACT, plain
from tallystick.core.tariff.deck_rows import RowTerms, gather_rows
from tallystick.core.tariff.nodes import Catalogue, Deck
from tallystick.core.tariff.outline import Outline, Words, one_line, outline_of, same

MOVES_TOLD: Final = 10
NAME: Final = "(name)"
LIKE: Final = Fraction(1, 2)
"""More than this share of its words is what a renamed price or offer has kept."""


@dataclass(frozen=True, slots=True)
class Change:
    """One word that is written differently; `component` is empty for what is not a price.

    Nothing `before` = added, nothing `after` = removed; then `word` is empty for the whole. The
    word NAME says that the price, or the offer, is called otherwise now.
    """

    offer: str
    component: str
    word: str
    before: str | None
    after: str | None

    def sentence(self) -> str:
        what = ".".join(part for part in (self.offer, self.component) if part)
        if self.word == NAME:
            said = "what it counted begins anew" if self.component else "contracts keep the old one"
            return f"{what}: is called {self.after} now; {said}"
        said = f"{what}: {self.word}" if what and self.word else what or self.word
        if self.before is None:
            return f"{said}: added: {self.after}"
        if self.after is None:
            return f"{said}: removed: {self.before}"
        return f"{said}: {self.before} -> {self.after}"


@dataclass(frozen=True, slots=True)
class Move:
    """A rate that changed; prices as written with their unit, the change in percent of before."""

    key: str
    before: str
    after: str
    percent: Decimal | None


@dataclass(frozen=True, slots=True)
class DeckChange:
    """What differs in one rate table; `otherwise` are rows whose price stayed but not the rest."""

    deck: str
    added: int
    removed: int
    dearer: int
    cheaper: int
    otherwise: int
    moves: tuple[Move, ...]

    def sentence(self) -> str:
        return (
            f"deck {self.deck}: {self.added} rates added, {self.removed} removed, "
            f"{self.dearer} dearer, {self.cheaper} cheaper, {self.otherwise} changed otherwise"
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that differs; nothing when the two price alike."""

    changes: tuple[Change, ...]
    decks: tuple[DeckChange, ...]

    def __bool__(self) -> bool:
        return bool(self.changes or self.decks)


def compare_catalogues(
    old: Catalogue, *, old_text: str, new: Catalogue, new_text: str
) -> Comparison:
    """What differs from the old list to the new, offers and prices in written order."""
    one, other = outline_of(old_text), outline_of(new_text)
    changes = [*_words("", "", one.own, other.own)]
    renamed = _renamed(
        {code: _whole(one, code) for code in one.offers if code not in other.offers},
        {code: _whole(other, code) for code in other.offers if code not in one.offers},
    )
    taken = {*renamed.values()}
    both = [code for code in other.offers if code not in one.offers and code not in taken]
    for offer in [*one.offers, *both]:
        now = renamed.get(offer, offer)
        if now not in other.offers or offer not in one.offers:
            before = _priced(one.components, offer) if offer in one.offers else None
            after = _priced(other.components, offer) if offer in other.offers else None
            changes.append(Change(offer, "", "", before, after))
            continue
        if now != offer:
            changes.append(Change(offer, "", NAME, offer, now))
        changes += _words(offer, "", one.offers[offer], other.offers[now])
        changes += _components(offer, _own(one, offer), _own(other, now))
    return Comparison(tuple(changes), tuple(_decks(old, new)))


def _components(offer: str, old: dict[str, Words], new: dict[str, Words]) -> Iterator[Change]:
    renamed = _renamed(
        {name: words for name, words in old.items() if name not in new},
        {name: words for name, words in new.items() if name not in old},
    )
    taken = {*renamed.values()}
    for name in [*old, *(name for name in new if name not in old and name not in taken)]:
        now = renamed.get(name, name)
        left, right = old.get(name), new.get(now)
        if left is None or right is None:
            before = None if left is None else one_line(left)
            after = None if right is None else one_line(right)
            yield Change(offer, name, "", before, after)
            continue
        if now != name:
            yield Change(offer, name, NAME, name, now)
        yield from _words(offer, name, left, right)


def _renamed(gone: dict[str, Words], come: dict[str, Words]) -> dict[str, str]:
    """Which of those that come is one that is gone: it says most of the same, the likest first."""
    pairs = []
    for place, (name, words) in enumerate(gone.items()):
        for other, (now, new) in enumerate(come.items()):
            alike = sum(w in new and same(text, other=new[w]) for w, text in words.items())
            share = Fraction(alike, max(len({*words} | {*new}), 1))
            if share > LIKE:
                pairs.append((-share, place, other, name, now))
    found: dict[str, str] = {}
    for *_, name, now in sorted(pairs):
        if name not in found and now not in found.values():
            found[name] = now
    return found


def _own(outline: Outline, offer: str) -> dict[str, Words]:
    return {name: words for (code, name), words in outline.components.items() if code == offer}


def _whole(outline: Outline, offer: str) -> Words:
    """All that an offer says, with what each of its prices says."""
    inner = {
        f"{name}.{word}": text
        for name, words in _own(outline, offer).items()
        for word, text in words.items()
    }
    return outline.offers[offer] | inner


def _priced(components: dict[tuple[str, str], Words], offer: str) -> str:
    return "an offer of " + ", ".join(name for code, name in components if code == offer)


def _words(offer: str, component: str, old: Words, new: Words) -> Iterator[Change]:
    for word in [*old, *(word for word in new if word not in old)]:
        before, after = old.get(word), new.get(word)
        if before is None or after is None or not same(before, other=after):
            yield Change(offer, component, word, before, after)


def _decks(old: Catalogue, new: Catalogue) -> Iterator[DeckChange]:
    empty = Deck("", 0, (), gather_rows((), keys=1))
    filed = [code for code, deck in (old.decks | new.decks).items() if deck.file]
    for code in filed:
        change = _deck(code, old.decks.get(code, empty), new.decks.get(code, empty))
        if change.added or change.removed or change.dearer or change.cheaper or change.otherwise:
            yield change


def _deck(code: str, old: Deck, new: Deck) -> DeckChange:
    before, after = _by_key(old), _by_key(new)
    both = before.join(after, on=["name", "since"], suffix="_new")
    dearer = cheaper = otherwise = 0
    moved: list[tuple[Decimal, tuple[str, str], RowTerms, RowTerms]] = []
    for (said, says), rows in both.group_by("terms", "terms_new"):
        left, right = old.rows.terms[said], new.rows.terms[says]
        was, becomes = _each(left), _each(right)
        if was != becomes:
            dearer += rows.height if becomes > was else 0
            cheaper += rows.height if becomes < was else 0
            first = rows.select("name", "since").sort("name", "since").head(MOVES_TOLD)
            moved += [(abs(becomes - was), key, left, right) for key in first.iter_rows()]
        elif _rest(left) != _rest(right):
            otherwise += rows.height
    moved.sort(key=lambda move: (-move[0], move[1]))
    return DeckChange(
        code,
        added=after.height - both.height,
        removed=before.height - both.height,
        dearer=dearer,
        cheaper=cheaper,
        otherwise=otherwise,
        moves=tuple(_move(key, left, right) for _, key, left, right in moved[:MOVES_TOLD]),
    )


def _by_key(deck: Deck) -> pl.DataFrame:
    """The rows by name and the day they begin (`since`, empty without one), with their terms."""
    since = pl.Series([str(said.valid_from or "") for said in deck.rows.terms], dtype=pl.String)
    rows = deck.rows.columns.with_columns(name=deck.rows.names())
    return rows.select("name", "terms", since=pl.lit(since).gather(pl.col("terms")))


def _each(row: RowTerms) -> Decimal:
    """The price of one canonical unit, which compares prices per min and per s."""
    return EXACT.divide(row.price.amount, row.price.per) if row.price.per != 1 else row.price.amount


def _rest(row: RowTerms) -> tuple[object, ...]:
    return row.price.unit, row.connect, row.steps, row.valid_to


def _move(key: tuple[str, str], left: RowTerms, right: RowTerms) -> Move:
    was, becomes = _each(left), _each(right)
    percent = None
    if was > 0:
        percent = ((becomes - was) * 100 / was).quantize(Decimal("0.1"))
    name = f"{key[0]} from {key[1]}" if key[1] else key[0]
    return Move(name, _written(left), _written(right), percent)


def _written(row: RowTerms) -> str:
    return f"{plain(row.price.amount)} per {plain(row.price.per)} {row.price.unit}"
