"""The text of a catalogue as located nodes: YAML without its surprises.

Scalars stay the text they were written as (no floats, no dates, no `no` that means false); anchors,
aliases and tags are refused, and so are duplicate keys, deep nesting and very long texts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import yaml

from tallystick.base.refusal import Refusal

MAX_CHARACTERS: Final = 1_000_000
MAX_DEPTH: Final = 8

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, order=True)
class CatalogueError:
    """One thing that is wrong in a catalogue, where it is and how to mend it."""

    file: str
    line: int
    path: str
    message: str

    def sentence(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{self.file}:{self.line}: {where}{self.message}"


@dataclass
class CatalogueRefused(Refusal):
    """All that is wrong in a catalogue, at once."""

    code = "catalogue_refused"
    errors: tuple[CatalogueError, ...] = ()

    def sentence(self) -> str:
        return "\n".join(error.sentence() for error in self.errors)


@dataclass(frozen=True, slots=True)
class Text:
    value: str
    line: int


@dataclass(frozen=True, slots=True)
class Table:
    entries: dict[str, "Node"]
    key_lines: dict[str, int]
    line: int


@dataclass(frozen=True, slots=True)
class Listing:
    items: tuple["Node", ...]
    line: int


Node = Text | Table | Listing


class Unreadable(Exception):
    """The text stops making sense at this line."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line, self.message = line, message


def read_source(text: str) -> Table:
    """The catalogue's outermost table.

    :raises Unreadable: when the text is not the plain YAML that catalogues are written in
    """
    if len(text) > MAX_CHARACTERS:
        raise Unreadable(1, f"longer than {MAX_CHARACTERS} characters; put rate tables into decks")
    try:
        # Event by event: what is nested too deep is refused before the parser has gone all the way.
        documents = list(_documents(iter(yaml.parse(text, Loader=_LOADER))))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise Unreadable(line, _why(error.problem or error.context or "", text, line)) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        message = f"holds the character U+{_code(error):04X}, which is no text; delete it"
        raise Unreadable(line, message) from None
    except yaml.YAMLError as error:
        raise Unreadable(1, f"not readable: {error}") from None
    if not text.strip("\ufeff \r\n"):
        raise Unreadable(1, "is empty; begin with a line such as `currency: EUR`")
    if len(documents) != 1 or not isinstance(documents[0], Table):
        raise Unreadable(1, "a catalogue is one table of words such as `currency: EUR`")
    return documents[0]


def _why(problem: str, text: str, line: int) -> str:
    """What the YAML parser says, in words that say how to mend it."""
    written = text.splitlines()[line - 1 : line]
    indent = written[0][: len(written[0]) - len(written[0].lstrip())] if written else ""
    if "\t" in indent:
        return "is indented with a tab; indent with spaces"
    hints = {
        "mapping values": "put text that holds ': ' into quotes, or mind the indentation",
        "did not find expected": "close every bracket and quote, and indent alike what belongs"
        " together",
        "unexpected end": "close the quote",
    }
    hint = next((hint for start, hint in hints.items() if start in problem), "look at its quotes,"
                " brackets and indentation")  # fmt: skip
    return f"not readable: {problem}; {hint}"


def _code(error: yaml.reader.ReaderError) -> int:
    return error.character if isinstance(error.character, int) else ord(error.character)


def _documents(events: Iterator[yaml.Event]) -> Iterator[Node]:
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            yield _node(next(events), events, depth=0)


def _node(event: yaml.Event, events: Iterator[yaml.Event], *, depth: int) -> Node:
    line = _line_of(event)
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
        raise Unreadable(line, "anchors and aliases are not used here; write the value out")
    if (tag := getattr(event, "tag", None)) is not None:
        raise Unreadable(line, f"tag {tag} is not used here; write the plain value")
    if depth > MAX_DEPTH:
        raise Unreadable(line, f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(event, yaml.ScalarEvent):
        return Text(event.value, line)
    if isinstance(event, yaml.SequenceStartEvent):
        items = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(_node(event, events, depth=depth + 1))
        return Listing(tuple(items), line)
    assert isinstance(event, yaml.MappingStartEvent)
    return _table(line, events, depth=depth)


def _line_of(event: yaml.Event) -> int:
    assert event.start_mark is not None
    return event.start_mark.line + 1


def _table(line: int, events: Iterator[yaml.Event], *, depth: int) -> Table:
    entries: dict[str, Node] = {}
    key_lines: dict[str, int] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        key = _node(event, events, depth=depth + 1)
        if not isinstance(key, Text):
            raise Unreadable(key.line, "a key is a plain word")
        if key.value in entries:
            first = key_lines[key.value]
            raise Unreadable(key.line, f"{key.value!r} is already written on line {first}")
        entries[key.value] = _node(next(events), events, depth=depth + 1)
        key_lines[key.value] = key.line
    return Table(entries, key_lines, line)
