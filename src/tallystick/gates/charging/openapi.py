"""What may be asked, as an OpenAPI document made from the fields that are read."""

from functools import lru_cache
from typing import Any, Final

from tallystick.base.charging import Action
from tallystick.gates.charging.requests import FIELDS

_NUMBER: Final = {"type": "string", "pattern": r"^[0-9]{1,18}(\.[0-9]{1,12})?$"}
_KINDS: Final[dict[str, dict[str, Any]]] = {
    "at": {"type": "string", "format": "date-time", "description": "when it happens; else now"},
    "quantity": {**_NUMBER, "description": "wanted beyond what was used, in `unit`"},
    "used": {**_NUMBER, "description": "used since the session began"},
    "added": {**_NUMBER, "description": "used since the last report"},
    "amount": {**_NUMBER, "description": "to give back; else all of it"},
    "valid_s": {"type": "integer", "minimum": 1, "description": "seconds without a word"},
    "attributes": {"type": "object", "description": "what filters and rate tables may ask"},
    "key": {"type": "string", "description": "the same key is answered alike and counts once"},
}
_SUMMARIES: Final = {
    Action.RESERVE: "Hold credit for a session that begins",
    Action.EXTEND: "Report what a session has used and hold more",
    Action.COMMIT: "Report the last of a session and end it",
    Action.RELEASE: "End a session; what was reported stays charged",
    Action.EVENT: "Charge something that happens at once",
    Action.AUTHORISE: "Say whether it would be paid; nothing changes",
    Action.REFUND: "Give back what a session or an event was charged",
    Action.BALANCE: "Say what there is; nothing changes",
}


@lru_cache(maxsize=1)
def describe() -> dict[str, Any]:
    """The document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tallystick online charging", "version": "1"},
        "paths": {f"/{{operator}}/{action}": _path(action) for action in FIELDS},
    }


def _path(action: Action) -> dict[str, Any]:
    needed, allowed = FIELDS[action]
    text = {"type": "string", "minLength": 1, "maxLength": 255}
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": list(needed),
        "properties": {name: _KINDS.get(name, text) for name in (*needed, *allowed)},
    }
    told = {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}}}
    content = {"application/json": {"schema": told}}
    return {
        "post": {
            "operationId": action.value,
            "summary": _SUMMARIES[action],
            "parameters": [{"name": "operator", "in": "path", "required": True, "schema": text}],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": schema}},
            },
            "responses": {
                "200": {"description": "granted", "content": content},
                "default": {"description": "refused: `code`, `sentence`", "content": content},
            },
        }
    }
