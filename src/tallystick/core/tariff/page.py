"""One table of a catalogue while it is read: takes its words, and notes what is wrong with them."""

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Final, TypeVar

from tallystick.core.tariff.source import CatalogueError, Listing, Node, Table, Text
from tallystick.core.tariff.words import Mistake

Value = TypeVar("Value")

PHRASE_MAX: Final = 2_000
"""Characters of one phrase; what is longer belongs into a deck."""


class Page:
    """The words of one table; a word that cannot be read is noted and its stand-in returned."""

    def __init__(self, table: Table, *, file: str, path: str, errors: list[CatalogueError]) -> None:
        self.table, self.file, self.path, self.errors = table, file, path, errors
        self._left = dict(table.entries)

    def complain(self, line: int, message: str, *, word: str = "") -> None:
        """Notes an error at that line of this table, or of one of its words."""
        path = ".".join(part for part in (self.path, word) if part)
        self.errors.append(CatalogueError(self.file, line, path, message))

    def node(self, word: str) -> Node | None:
        """The value of the word, taken once."""
        return self._left.pop(word, None)

    def has(self, word: str) -> bool:
        return word in self.table.entries

    def read(self, word: str, phrase: Callable[[str], Value], stand_in: Value) -> Value:
        """The word's text as that phrase, or the stand-in where the word is absent or wrong."""
        node = self.node(word)
        return stand_in if node is None else self.phrase(node, phrase, stand_in, word=word)

    def need(self, word: str, phrase: Callable[[str], Value], stand_in: Value) -> Value:
        """As `read`, where the word may not be absent."""
        if not self.has(word):
            self.complain(self.table.line, f"{word!r} is missing; write it")
        return self.read(word, phrase, stand_in)

    def phrase(
        self, node: Node, phrase: Callable[[str], Value], stand_in: Value, *, word: str = ""
    ) -> Value:
        """A node's text as that phrase."""
        if not isinstance(node, Text):
            self.complain(node.line, "is one phrase, not a table or a list", word=word)
            return stand_in
        if len(node.value) > PHRASE_MAX:
            message = f"is longer than {PHRASE_MAX} characters; shorten it or write a deck"
            self.complain(node.line, message, word=word)
            return stand_in
        try:
            return phrase(node.value.strip())
        except Mistake as mistake:
            self.complain(node.line, str(mistake), word=word)
            return stand_in

    def listed(self, word: str) -> list[Text]:
        """The word's texts: a list, or one text cut at commas."""
        node = self.node(word)
        if node is None:
            return []
        if isinstance(node, Text):
            return [Text(part.strip(), node.line) for part in node.value.split(",")]
        texts = [item for item in getattr(node, "items", ()) if isinstance(item, Text)]
        if not isinstance(node, Listing) or len(texts) != len(node.items):
            self.complain(node.line, "is a list of words, such as [a, b]", word=word)
            return []
        return texts

    def pages(self, word: str) -> Iterator[tuple[str, "Page"]]:
        """The tables under that word, by name."""
        node = self.node(word)
        if node is None:
            return
        if not isinstance(node, Table):
            self.complain(node.line, "is a table of names", word=word)
            return
        for name, entry in node.entries.items():
            if isinstance(entry, Table):
                path = ".".join(part for part in (self.path, name) if part)
                yield name, Page(entry, file=self.file, path=path, errors=self.errors)
            else:
                self.complain(entry.line, "is a table such as {key: value}", word=name)

    def close(self, known: tuple[str, ...]) -> None:
        """Notes the words that nobody took."""
        for word in self._left:
            near = get_close_matches(word, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}"
            self.complain(self.table.key_lines[word], f"{word!r} is not a word here; {hint}")
