"""A request as JSON -> what the service is asked; each wrong value is refused by name."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import Any, Final

from tallystick.base.charging import Action, ChargeRequest
from tallystick.base.money import AMOUNT_DECIMALS
from tallystick.base.quantity import QUANTITY_DECIMALS, to_canonical, unit_named
from tallystick.base.refusal import Refusal

QUANTITY_MAX: Final = Decimal(10**15)
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

_NUMBER: Final = re.compile(r"[0-9]{1,18}(\.[0-9]{1,12})?")


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
    given = _object(body)
    needed, allowed = FIELDS[action]
    for name in given:
        if name not in needed and name not in allowed:
            raise MalformedRequest(problem=f"{action} knows no field {name!r}")
    for name in needed:
        if name not in given:
            raise MalformedRequest(problem=f"{action} needs the field {name!r}")
    if "used" in given and "added" in given:
        raise MalformedRequest(problem="'used' is since the session began, 'added' since the last "
                               "report: send one of them")  # fmt: skip
    unit = _text(given, "unit")
    return ChargeRequest(
        action=action,
        key=_text(given, "key"),
        digest=blake2b(action.encode() + body, digest_size=12).hexdigest(),
        session=_text(given, "session"),
        subject_kind=_text(given, "subject_kind"),
        subject=_text(given, "subject"),
        kind=_text(given, "kind"),
        unit=unit_named(unit).canonical if unit else "",
        at=_instant(given),
        quantity=_quantity(given, "quantity", unit),
        used=_quantity(given, "used", unit),
        added=_quantity(given, "added", unit),
        amount=_scaled(given, "amount", AMOUNT_DECIMALS),
        valid_s=_seconds(given),
        called=_text(given, "called") or None,
        zone=_text(given, "zone") or None,
        attributes=_attributes(given),
    )


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
        given = _DECODER.decode(body.decode(json.detect_encoding(body), "surrogatepass"))
    except (ValueError, RecursionError, InvalidOperation) as fault:
        raise MalformedRequest(problem=f"the body is not JSON ({fault})") from None
    if not isinstance(given, dict):
        raise MalformedRequest(problem="the body is not a JSON object")
    return given


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if value is None and name not in given:
        return ""
    if not isinstance(value, str):
        raise MalformedRequest(problem=f"{name!r} is text, in quotes")
    if len(value) > TEXT_MAX or "\x00" in value or not value:
        raise MalformedRequest(problem=f"{name!r} has 1 to {TEXT_MAX} characters")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            problem = f"{name!r} is not text that can be stored"
            raise MalformedRequest(problem=problem) from None
    return value


def _scaled(given: Mapping[str, Any], name: str, decimals: int) -> int | None:
    """A number as text or as JSON writes it, exactly; never through a binary float."""
    if name not in given:
        return None
    value = given[name]
    text = format(value, "f") if isinstance(value, Decimal) and abs(value) < 10**18 else value
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        problem = f'{name!r} is a number from 0 with up to 12 decimals, such as "1.25"'
        raise MalformedRequest(problem=problem)
    scaled = Decimal(text).scaleb(decimals)
    if scaled != int(scaled):
        raise MalformedRequest(problem=f"{name!r} has more than {decimals} decimals")
    return int(scaled)


def _quantity(given: Mapping[str, Any], name: str, unit: str) -> int | None:
    scaled = _scaled(given, name, AMOUNT_DECIMALS)
    if scaled is None:
        return None
    value = Decimal(scaled).scaleb(-AMOUNT_DECIMALS)
    quantity = to_canonical(value, unit=unit) if unit else value
    if quantity > QUANTITY_MAX:
        raise MalformedRequest(problem=f"{name!r} is larger than anything that is charged")
    return int(quantity.scaleb(QUANTITY_DECIMALS))


def _instant(given: Mapping[str, Any]) -> datetime | None:
    text = _text(given, "at")
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not 1970 < at.year < 2200:
        problem = "'at' is an instant with its offset, such as \"2026-03-01T12:00:00Z\""
        raise MalformedRequest(problem=problem)
    return at.astimezone(UTC)


def _seconds(given: Mapping[str, Any]) -> int | None:
    if "valid_s" not in given:
        return None
    value = given["valid_s"]
    if not isinstance(value, Decimal) or value != int(value) or not 1 <= value <= VALID_S_MAX:
        raise MalformedRequest(problem=f"'valid_s' is a whole number from 1 to {VALID_S_MAX}")
    return int(value)


def _attributes(given: Mapping[str, Any]) -> str | None:
    if "attributes" not in given:
        return None
    held = given["attributes"]
    if not isinstance(held, dict) or not all(
        isinstance(value, str | Decimal | bool) for value in held.values()
    ):
        raise MalformedRequest(problem="'attributes' is an object of text and numbers")
    text = {n: format(v, "f") if isinstance(v, Decimal) else v for n, v in held.items()}
    return json.dumps(text, ensure_ascii=False).replace("\\u0000", "")
