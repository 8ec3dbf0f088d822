"""A catalogue's text as flat words: what each offer and each of its prices says, as it is written.

What people read and compare is what the author wrote, so that every word of the language is there.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tallystick.base.money import plain
from tallystick.core.tariff.source import Listing, Node, Table, Text, Unreadable, read_source

Words = dict[str, str]
"""What is written, by word; what stands in an inner table by its path, as in `price.above`."""

FILE_SECTIONS: Final = ("decks", "series")
_NUMBER: Final = re.compile(r"(?<![\w.])-?[0-9]+\.[0-9]+(?![\w.])")


@dataclass(frozen=True, slots=True)
class Outline:
    """The words of a catalogue: its own, each offer's, and each component's of an offer."""

    own: Words
    offers: dict[str, Words]
    components: dict[tuple[str, str], Words]


def outline_of(text: str) -> Outline:
    """The outline of a text that `read_catalogue` has accepted."""
    page = read_source(text)
    offers = _inner(page, "offers")
    own = Table({k: v for k, v in page.entries.items() if k != "offers"}, {}, 1)
    components: dict[tuple[str, str], Words] = {}
    heads: dict[str, Words] = {}
    for code, offer in offers.items():
        assert isinstance(offer, Table)
        for name, part in _inner(offer, "components").items():
            components[code, name] = _flatten(part, "")
        head = {k: v for k, v in offer.entries.items() if k != "components"}
        heads[code] = _flatten(Table(head, {}, 1), "")
    return Outline(_flatten(own, ""), heads, components)


def files_named(text: str) -> tuple[str, ...]:
    """The files beside it that a text names; none when it cannot be read at all."""
    try:
        page = read_source(text)
    except Unreadable:
        return ()
    names = set()
    for section in FILE_SECTIONS:
        for entry in _inner(page, section).values():
            file = entry.entries.get("file") if isinstance(entry, Table) else None
            if isinstance(file, Text) and file.value.strip():
                names.add(file.value.strip())
    return tuple(sorted(names))


def one_line(words: Words) -> str:
    """All words in written order: `of voice, price.above 0.09 per min`."""
    return ", ".join(f"{word} {text}" for word, text in words.items())


def same(one: str, *, other: str) -> bool:
    """Whether two phrases say the same: 0.10 is 0.1, and spaces do not count."""
    return _plainly(one) == _plainly(other)


def _plainly(text: str) -> str:
    return _NUMBER.sub(lambda found: plain(Decimal(found[0])), " ".join(text.split()))


def _inner(page: Table, word: str) -> dict[str, Node]:
    node = page.entries.get(word)
    return node.entries if isinstance(node, Table) else {}


def _flatten(node: Node, path: str) -> Words:
    if isinstance(node, Text):
        return {path: node.value.strip()}
    if isinstance(node, Listing):
        texts = [one_line(_flatten(item, "")).strip() for item in node.items]
        return {path: ", ".join(texts)}
    words: Words = {}
    for word, entry in node.entries.items():
        words |= _flatten(entry, f"{path}.{word}" if path else word)
    return words
