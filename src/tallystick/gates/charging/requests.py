"""A request as JSON -> what the service is asked; each wrong value is refused by name."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import Any, Final

from tallystick.base.charging import Action, ChargeRequest
from tallystick.base.money import AMOUNT_DECIMALS, divide_half_up
from tallystick.base.quantity import QUANTITY_DECIMALS, QUANTITY_SCALE, Unit, unit_named
from tallystick.base.refusal import Refusal

QUANTITY_MAX: Final = 10**15
TEXT_MAX: Final = 255
VALID_S_MAX: Final = 7 * 86_400
FIELDS: Final[Mapping[Action, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    Action.RESERVE: (
        ("key", "session", "subject", "subject_kind", "kind", "unit"),
        ("at", "called", "zone", "attributes", "quantity", "valid_s"),
    ),
    Action.EXTEND: (
        ("key", "session"), ("at", "used", "added", "quantity", "valid_s", "unit")
    ),
    Action.COMMIT: (("key", "session"), ("at", "used", "added", "unit")),
    Action.RELEASE: (("key", "session"), ("at",)),
    Action.EVENT: (
        ("key", "subject", "subject_kind", "kind", "unit"),
        ("at", "called", "zone", "attributes", "quantity"),
    ),
    Action.AUTHORISE: (
        ("subject", "subject_kind", "kind", "unit"),
        ("at", "called", "zone", "attributes", "quantity"),
    ),
    Action.REFUND: (("key", "session"), ("amount",)),
    Action.BALANCE: (("subject", "subject_kind"), ("at",)),
}  # fmt: skip
"""What each action needs, and what it may have besides."""

_WORDS: Final = {action: action.value.encode() for action in Action}
_NUMBER: Final = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,12}))?")
_QUANTITIES: Final = ("quantity", "used", "added")


@dataclass
class MalformedRequest(Refusal):
    code = "malformed_request"
    problem: str = ""

    def sentence(self) -> str:
        return f"{self.problem}; see /openapi.json for what may be asked"


def read_request(action: Action, body: bytes) -> ChargeRequest:
    """The request that the body is.

    :raises MalformedRequest: when it is not one JSON object of the action's fields
    :raises UnknownUnit: when its unit is not known
    """
    needed, allowed = FIELDS[action]
    held = _object(body)
    for name, value in held.items():
        if name not in needed and name not in allowed:
            raise MalformedRequest(problem=f"{action} knows no field {name!r}")
        if name in _READERS:
            held[name] = _READERS[name](name, value)
        else:
            _check_text(name, value)
    for name in needed:
        if name not in held:
            raise MalformedRequest(problem=f"{action} needs the field {name!r}")
    if "used" in held and "added" in held:
        raise MalformedRequest(problem="'used' is since the session began, 'added' since the last "
                               "report: send one of them")  # fmt: skip
    unit = unit_named(held["unit"]) if "unit" in held else None
    if unit is not None:
        held["unit"] = unit.canonical
    for name in _QUANTITIES:
        if name in held:
            held[name] = _quantity(name, held[name], unit)
    digest = blake2b(_WORDS[action] + body, digest_size=12).hexdigest()
    return ChargeRequest(action, digest=digest, **held)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    held = dict(pairs)
    if len(held) != len(pairs):
        raise MalformedRequest(problem="a field stands twice in the object")
    return held


def _no_number(constant: str) -> None:
    raise MalformedRequest(problem=f"{constant} is no number")


_DECODER: Final = json.JSONDecoder(
    parse_float=Decimal, parse_int=Decimal, parse_constant=_no_number, object_pairs_hook=_once
)


def _object(body: bytes) -> dict[str, Any]:
    try:
        # What begins so is UTF-8; asking takes longer than reading it.
        encoding = "utf-8" if body[:2] == b'{"' else json.detect_encoding(body)
        given = _DECODER.decode(body.decode(encoding, "surrogatepass"))
    except (ValueError, RecursionError, InvalidOperation) as fault:
        raise MalformedRequest(problem=f"the body is not JSON ({fault})") from None
    if not isinstance(given, dict):
        raise MalformedRequest(problem="the body is not a JSON object")
    return given


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise MalformedRequest(problem=f"{name!r} is text, in quotes")
    if not 0 < len(value) <= TEXT_MAX or "\x00" in value:
        raise MalformedRequest(problem=f"{name!r} has 1 to {TEXT_MAX} characters")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            problem = f"{name!r} is not text that can be stored"
            raise MalformedRequest(problem=problem) from None


def _amount(name: str, value: object) -> int:
    """A number as text or as JSON writes it, in 1e-12; never through a binary float."""
    text = format(value, "f") if isinstance(value, Decimal) and abs(value) < 10**18 else value
    match = _NUMBER.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        problem = f'{name!r} is a number from 0 with up to 12 decimals, such as "1.25"'
        raise MalformedRequest(problem=problem)
    return int(match[1] + (match[2] or "").ljust(AMOUNT_DECIMALS, "0"))


def _quantity(name: str, number: int, unit: Unit | None) -> int:
    """A number in 1e-12 as a quantity in 1e-9 of the canonical unit, rounded half-up."""
    if unit is None:
        quantity: int = number // _FINER
    else:
        numerator, denominator = unit.factor.as_integer_ratio()
        quantity = divide_half_up(number * numerator, denominator * _FINER)
    if quantity > QUANTITY_MAX * QUANTITY_SCALE:
        raise MalformedRequest(problem=f"{name!r} is larger than anything that is charged")
    return quantity


_FINER: Final[int] = 10 ** (AMOUNT_DECIMALS - QUANTITY_DECIMALS)


def _instant(name: str, value: object) -> datetime:
    _check_text(name, value)
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not 1970 < at.year < 2200:
        problem = f'{name!r} is an instant with its offset, such as "2026-03-01T12:00:00Z"'
        raise MalformedRequest(problem=problem)
    return at.astimezone(UTC)


def _seconds(name: str, value: object) -> int:
    if not isinstance(value, Decimal) or value != int(value) or not 1 <= value <= VALID_S_MAX:
        raise MalformedRequest(problem=f"{name!r} is a whole number from 1 to {VALID_S_MAX}")
    return int(value)


def _attributes(name: str, value: object) -> str:
    if not isinstance(value, dict) or not all(
        isinstance(one, str | Decimal | bool) for one in value.values()
    ):
        raise MalformedRequest(problem=f"{name!r} is an object of text and numbers")
    text = {n: format(v, "f") if isinstance(v, Decimal) else v for n, v in value.items()}
    return json.dumps(text, ensure_ascii=False).replace("\\u0000", "")


_READERS: Final[Mapping[str, Callable[[str, object], Any]]] = {
    "at": _instant, "quantity": _amount, "used": _amount, "added": _amount, "amount": _amount,
    "valid_s": _seconds, "attributes": _attributes,
}  # fmt: skip
"""How fields are read that are no plain text."""
