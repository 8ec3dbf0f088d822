"""A usage event as one JSON object: how a refused event is kept, corrected and read again."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import polars as pl

from tallystick.base.frames import REJECTS
from tallystick.base.money import EXACT, plain
from tallystick.base.quantity import QUANTITY_DECIMALS, UNITS, to_canonical
from tallystick.core.capture.instants import EARLIEST, LATEST
from tallystick.core.capture.quantities import LARGEST
from tallystick.core.capture.rejects import Reason
from tallystick.core.capture.revise import SAID

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})")
_TEXTS: Final = {
    "record_id": Reason.RECORD_ID_MISSING,
    "subject_kind": Reason.SUBJECT_MISSING,
    "subject": Reason.SUBJECT_MISSING,
    "kind": Reason.KIND_MISSING,
}


class _Faulty(Exception):
    def __init__(self, reason: Reason, column: str, value: object = "") -> None:
        self.reason, self.column, self.value = reason, column, value


def event_json(row: dict[str, Any]) -> str:
    """A usage event (a row of USAGE_IN or SAID) as one line of JSON; quantities are strings."""
    event = {name: row[name] for name in SAID if name != "line" and row.get(name) is not None}
    if not event.pop("cancels", False):
        event["started_at"] = row["started_at"].isoformat()
        event["quantity"] = plain(row["quantity"])
    else:
        event["cancels"] = True
    return json.dumps(event, ensure_ascii=False)


def read_events(texts: Iterable[tuple[int, str]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """SAID of the (line, JSON text) pairs that are whole events, and REJECTS of the others.

    `started_at` has an offset from UTC; any known unit is brought to its canonical one. What takes
    a record back says `cancels` and the record's id.
    """
    events, faulty = [], []
    for line, text in texts:
        try:
            events.append({"line": line, **_read_event(text)})
        except _Faulty as fault:
            parameters = json.dumps({"column": fault.column, "value": str(fault.value)})
            faulty.append((line, fault.reason.value, parameters, text))
    rejects = pl.DataFrame(faulty, schema=REJECTS, orient="row")
    return pl.DataFrame(events, schema=SAID), rejects


def _read_event(text: str) -> dict[str, Any]:
    try:
        event = json.loads(text, parse_float=str, parse_int=str)
        json.dumps(event, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict):
        raise _Faulty(Reason.JSON_INVALID, "")
    unknown = sorted(event.keys() - SAID.keys())
    if unknown:
        raise _Faulty(Reason.JSON_INVALID, unknown[0], "is not a word of an event")
    cancels, revision = event.get("cancels", False), _read_revision(event.get("revision"))
    if not isinstance(cancels, bool):
        raise _Faulty(Reason.JSON_INVALID, "cancels", cancels)
    required = {"record_id": _TEXTS["record_id"]} if cancels else _TEXTS
    for name, reason in required.items():
        if not isinstance(event.get(name), str) or not event[name].strip():
            raise _Faulty(reason, name, event.get(name, ""))
    if cancels:
        return {"record_id": event["record_id"], "revision": revision, "cancels": True}
    for name in ("called", "zone"):
        if not isinstance(event.get(name), str | None):
            raise _Faulty(Reason.JSON_INVALID, name, event[name])
    return {
        **{name: event[name] for name in _TEXTS},
        "started_at": _read_instant(event.get("started_at")),
        **_read_quantity(event.get("quantity"), event.get("unit")),
        "called": event.get("called"),
        "zone": event.get("zone"),
        "attributes": _read_attributes(event.get("attributes")),
        "revision": revision,
        "cancels": False,
    }


def _read_revision(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,18}", value):
        raise _Faulty(Reason.REVISION_INVALID, "revision", value)
    return int(value)


def _read_instant(value: object) -> datetime:
    if not value:
        raise _Faulty(Reason.INSTANT_MISSING, "started_at")
    try:
        instant = datetime.fromisoformat(str(value)).astimezone(UTC)
        aware = datetime.fromisoformat(str(value)).tzinfo is not None
    except (ValueError, OverflowError):
        aware = False
    if not aware:
        raise _Faulty(Reason.INSTANT_INVALID, "started_at", value)
    if not EARLIEST <= instant <= LATEST:
        raise _Faulty(Reason.INSTANT_OUT_OF_RANGE, "started_at", value)
    return instant


def _read_quantity(value: object, unit: object) -> dict[str, Any]:
    if value is None or value == "":
        raise _Faulty(Reason.QUANTITY_MISSING, "quantity")
    if unit not in UNITS:
        raise _Faulty(Reason.UNIT_UNKNOWN, "unit", unit)
    if not _NUMBER.fullmatch(str(value)):
        raise _Faulty(Reason.QUANTITY_INVALID, "quantity", value)
    written = Decimal(str(value))
    if written < 0:
        raise _Faulty(Reason.QUANTITY_NEGATIVE, "quantity", value)
    if written != written.quantize(Decimal(1).scaleb(-QUANTITY_DECIMALS), context=EXACT):
        raise _Faulty(Reason.QUANTITY_TOO_FINE, "quantity", value)
    named = UNITS[str(unit)]
    quantity = to_canonical(written, unit=named.name)
    if quantity > LARGEST:
        raise _Faulty(Reason.QUANTITY_TOO_LARGE, "quantity", value)
    return {"quantity": quantity, "unit": named.canonical}


def _read_attributes(value: object) -> str | None:
    """The further dimensions as JSON text; they may be written as that text or as an object."""
    if value is None:
        return None
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    try:
        written = json.loads(value) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        written = None
    if not isinstance(written, dict):
        raise _Faulty(Reason.JSON_INVALID, "attributes", value)
    return str(value)
