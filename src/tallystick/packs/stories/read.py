"""A story's text -> its steps; every mistake in it is told at once."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import date, time
from decimal import Decimal
from difflib import get_close_matches
from enum import EnumType
from typing import Any, Final, get_args, get_type_hints

from tallystick.base.money import InvalidCurrency, minor_decimals
from tallystick.base.refusal import Refusal
from tallystick.packs.stories.expectations import Currency
from tallystick.packs.stories.step import Expectation, Refused, Step
from tallystick.packs.stories.steps import (
    STEPS,
    Business,
    MonthDay,
    Story,
)

_WORD: Final = re.compile(r'"(?P<quoted>[^"]*)"(?!\S)|(?P<bare>\S+)')
MORNING: Final = time(6)
"""When a day of a story begins."""

_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_NUMBER: Final = re.compile(r"-?\d{1,26}(\.\d{1,12})?", re.ASCII)
_BLOCK: Final = "<<"
_QUOTE: Final = {"NAME", "DESCRIPTION", "REASON", "WORDS"}
_PARTS: Final = re.compile(r"\[.*?\]|\S+")


@dataclass(frozen=True, slots=True, order=True)
class StoryMistake:
    """One thing that is wrong in a story, where it is and how to mend it."""

    file: str
    line: int
    message: str

    def sentence(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass
class StoryRefused(Refusal):
    """All that is wrong in a story, at once."""

    code = "story_refused"
    mistakes: tuple[StoryMistake, ...] = ()

    def sentence(self) -> str:
        return "\n".join(mistake.sentence() for mistake in self.mistakes)


class _Mistake(Exception):
    """What is wrong with one line."""


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str
    block: str | None = None
    """The lines between `<<WORD` and WORD."""


def read_story(text: str, *, file: str, name: str) -> Story:
    """The story of a text; `file` is told with each mistake.

    :raises StoryRefused: with every mistake, its line, and how to mend it
    """
    mistakes: list[StoryMistake] = []
    steps: list[Step] = []
    business: Business | None = None
    named, today, hour = False, date.min, MORNING
    for line in _lines(text, mistakes, file):
        try:
            if line.text.split()[0] == "business":
                too_late, named = named or bool(steps), True
                if too_late:
                    raise _Mistake("a story has one business, named before its first day")
                business = _read_business(line)
            else:
                step = _read_step(line)
                if step.day < today:
                    raise _Mistake(f"{step.day} is before {today}; a story goes forward")
                hour = _go_on(step, since=hour if step.day == today else MORNING)
                today = step.day
                steps.append(step)
        except _Mistake as mistake:
            mistakes.append(StoryMistake(file, line.number, str(mistake)))
    if not named:
        say = "no business is named; begin with a line such as: business mvno"
        mistakes.append(StoryMistake(file, 1, say))
    if not steps and not mistakes:
        say = "nothing happens; write a step such as: 2026-01-01 bill run"
        mistakes.append(StoryMistake(file, 1, say))
    if mistakes or business is None:
        raise StoryRefused(mistakes=tuple(sorted(mistakes)))
    return Story(name, business, tuple(steps))


def _go_on(step: Step, *, since: time) -> time:
    """The time of the day that it is by then."""
    now: time | None = getattr(step.refused if isinstance(step, Refused) else step, "time", None)
    if now is not None and now < since:
        raise _Mistake(f"{now:%H:%M} is before {since:%H:%M} of that day; a story goes forward")
    return now or since


def _lines(text: str, mistakes: list[StoryMistake], file: str) -> Iterator[_Line]:
    """The lines that say something, each with its block."""
    numbered = iter(enumerate(text.replace("\r\n", "\n").split("\n"), start=1))
    for number, line in numbered:
        said = line.strip()
        if not said or said.startswith("#"):
            continue
        last = said.split()[-1]
        if not last.startswith(_BLOCK):
            yield _Line(number, said)
            continue
        end = last.removeprefix(_BLOCK)
        block: list[str] = []
        for _, inner in numbered:
            if inner == end:
                yield _Line(number, said, "".join(f"{row}\n" for row in block))
                break
            block.append(inner)
        else:
            lacks = f"the block begun here has no end; write {end} on a line of its own"
            mistakes.append(StoryMistake(file, number, lacks))


def _read_business(line: _Line) -> Business:
    business = Business(**_match(Business, line.text, line.block))
    if business.name.endswith((".yaml", ".yml")) != (business.catalogue is not None):
        raise _Mistake(
            "name a pack (business mvno), or an operator file and its price list "
            "(business hedgerow.yaml catalogue prices.yaml)"
        )
    return business


def _read_step(line: _Line) -> Step:
    first, _, said = line.text.partition(" ")
    day = _read_first_day(first)
    words = said.split()
    if words[:1] == ["refused"]:
        return _read_refused(line, day=day, words=words)
    kinds = [kind for kind in STEPS if _lead(kind.form) == words[: len(_lead(kind.form))]]
    if not kinds:
        raise _Mistake(f"{said.strip()!r} is no step of a story; {_what_is(words)}")
    kind = max(kinds, key=lambda kind: len(_lead(kind.form)))
    try:
        given = _match(kind, said, line.block)
    except _Mistake as mistake:
        spaced = [] if '"' in said else sorted(_QUOTE & set(kind.form.split()))
        hint = f" ({' and '.join(spaced)} in quotation marks with spaces)" if spaced else ""
        raise _Mistake(f"{mistake}; write: {written(kind.form)}{hint}") from None
    return kind(line=line.number, day=day, text=said.strip(), **given)


def _what_is(words: list[str]) -> str:
    """The steps that are near to those words, or what steps begin with."""
    first = {kind.form.split()[0] for kind in STEPS}
    begins = words[:1]
    if begins and begins[0] not in first:
        begins = get_close_matches(begins[0], first, n=1, cutoff=0.75)
    if not begins:
        return f"a step begins with one of: {', '.join(sorted(first))}"
    near = [kind for kind in STEPS if kind.form.split()[0] == begins[0]]
    told = "".join(f"\n    {written(kind.form)}" for kind in near)
    return f"write one of:{told}"


def _read_refused(line: _Line, *, day: date, words: list[str]) -> Refused:
    """`refused CODE` and the step that is to be refused."""
    if len(words) < 3:
        raise _Mistake(f"it does not say what is refused; write: {Refused.form}")
    rest = line.text.split(maxsplit=3)[3]
    inner = _read_step(_Line(line.number, f"{day} {rest}", line.block))
    if isinstance(inner, Expectation | Refused):
        raise _Mistake("only what is done can be refused, not what is expected")
    said = line.text.split(maxsplit=1)[1]
    return Refused(line=line.number, day=day, text=said, code=words[1], refused=inner)


def written(form: str) -> str:
    """A form as people are told it."""
    return form.replace("CONTENT", "<<END ... END").replace("IDENTIFIERS", "[KIND VALUE]")


def _lead(form: str) -> list[str]:
    """The words that a form begins with."""
    lead = []
    for part in form.split():
        if part.startswith("[") or part.isupper() or part.endswith("..."):
            break
        lead.append(part)
    return lead


def _match(kind: type, said: str, block: str | None) -> dict[str, Any]:
    """The values of the fields in what is said."""
    hints = get_type_hints(kind)
    words = _words(said)
    given: dict[str, Any] = {
        field.name: None for field in fields(kind) if type(None) in get_args(hints[field.name])
    }
    if block is not None and bytes not in hints.values():
        raise _Mistake("there is no block of lines in this step")
    for part in _PARTS.findall(kind.form):  # type: ignore[attr-defined]
        if part.startswith("["):
            inner = part.strip("[]").split()
            if words and words[0] == inner[0]:
                _take(inner, words, hints, given)
        elif part.endswith("..."):
            name = part.removesuffix("...").lower()
            given[name] = _read_rest(hints[name], name, words)
            words.clear()
        elif part == "CONTENT":
            if block is None:
                raise _Mistake("its rows stand in a block of lines")
            given["content"] = block.encode()
            words.clear()
        else:
            _take([part], words, hints, given)
    if words:
        raise _Mistake(f"{' '.join(words)!r} is too much")
    return given


def _words(said: str) -> list[str]:
    words = []
    for found in _WORD.finditer(said):
        if (found["bare"] or "").startswith('"'):
            raise _Mistake("a quotation mark is not closed before a space or the end of the line")
        words.append(found["bare"] if found["quoted"] is None else found["quoted"])
    return words


def _take(parts: list[str], words: list[str], hints: dict[str, Any], given: dict[str, Any]) -> None:
    for part in parts:
        if not words:
            raise _Mistake(f"{part} is missing")
        word = words.pop(0)
        if not part.isupper():
            if word != part:
                raise _Mistake(f"{word!r} stands where {part!r} belongs")
            continue
        name = part.lower()
        given[name] = _read_word(hints[name], part, word)


def _read_word(hint: Any, part: str, word: str) -> object:
    if type(None) in get_args(hint):
        hint = get_args(hint)[0]
    if isinstance(hint, EnumType):
        known = [str(member.value) for member in hint]  # type: ignore[var-annotated]
        if word not in known:
            raise _Mistake(f"{part} is {word!r}, not one of {', '.join(known)}")
        return hint(word)
    return READERS[hint](word)


def _read_rest(hint: Any, name: str, words: list[str]) -> tuple[object, ...]:
    if get_args(hint)[0] is str:
        return tuple(words)
    if len(words) % 2:
        raise _Mistake(f"{name} are pairs of a kind and a value; {words[-1]!r} is half of one")
    return tuple(zip(words[::2], words[1::2], strict=True))


def _read_day(word: str) -> date:
    try:
        if _DAY.fullmatch(word):
            return date.fromisoformat(word)
    except ValueError:
        pass
    raise _Mistake(f"{word!r} is not a day; write it as 2026-03-01")


def _read_time(word: str) -> time:
    if not _TIME.fullmatch(word):
        raise _Mistake(f"{word!r} is not a time of the day; write it as 14:30")
    return time.fromisoformat(word)


def _read_first_day(word: str) -> date:
    """The day that a line of the story begins with."""
    if not any(figure.isdigit() for figure in word):
        if get_close_matches(word, ["business"], n=1):
            raise _Mistake(f"{word!r} is not a word; write: {Business.form}")
        raise _Mistake(f"a line begins with its day, such as 2026-03-01, not with {word!r}")
    return _read_day(word)


def _read_number(word: str) -> Decimal:
    if not _NUMBER.fullmatch(word):
        raise _Mistake(f"{word!r} is not a number; write it as 1234.56")
    return Decimal(word)


def _read_count(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) < 19):
        raise _Mistake(f"{word!r} is not a whole number")
    return int(word)


def _read_month_day(word: str) -> int:
    if word not in {str(day) for day in range(1, 32)}:
        raise _Mistake(f"{word!r} is not a day of the month from 1 to 31")
    return int(word)


def _read_currency(word: str) -> str:
    try:
        minor_decimals(word)
    except InvalidCurrency as refusal:
        raise _Mistake(refusal.sentence()) from None
    return word


READERS: Final[dict[Any, Callable[[str], object]]] = {
    str: str,
    int: _read_count,
    date: _read_day,
    time: _read_time,
    Decimal: _read_number,
    MonthDay: _read_month_day,
    Currency: _read_currency,
}
"""How a field's word is read, by the field's type; an enumeration's is one of its values."""
