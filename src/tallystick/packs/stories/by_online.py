"""Steps of a story that ask online charging, through the same reading of requests as its door."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from asgiref.sync import async_to_sync

from tallystick.base.charging import GRANTED, Action, Answer
from tallystick.base.money import plain
from tallystick.base.quantity import unit_named
from tallystick.base.refusal import Refusal
from tallystick.domain.reservations.connecting import connect
from tallystick.flows.charge_online import OnlineCharger
from tallystick.gates.charging.requests import read_request
from tallystick.packs.stories.online_steps import (
    OnlineCommit,
    OnlineEvent,
    OnlineExpire,
    OnlineExtend,
    OnlineReserve,
    OnlineStep,
)


class OnlineRefused(Refusal):
    """What online charging answered instead of granting; its code is the answer's."""

    def __init__(self, answer: Answer) -> None:
        self._sentence: str = answer.body["sentence"]
        self.code = answer.code  # type: ignore[misc]
        super().__init__()

    def sentence(self) -> str:
        return self._sentence


@dataclass(frozen=True, slots=True)
class Told:
    """What was expected of the answer, and what it said of that; alike when nothing was."""

    expected: str
    found: str


def ask_online(step: OnlineStep, *, tenant_id: int, at: datetime) -> Told:
    """What was granted for the step and what it costs.

    :raises OnlineRefused: when nothing is granted, with the answer's own code
    :raises MalformedRequest: when no such request can be made
    :raises UnknownUnit: when its unit is not known
    """
    if isinstance(step, OnlineExpire):
        ended = _expire(tenant_id, at)
        found = f"{ended} session{'s' if ended != 1 else ''} ended"
        return Told(found, found)
    action, fields = _fields(step)
    answer = _ask(action, fields, tenant_id, at)
    if answer.code != GRANTED:
        raise OnlineRefused(answer)
    return _compare(step, answer)


def _fields(step: OnlineStep) -> tuple[Action, dict[str, str]]:
    """The request as JSON has it; its key is the story's line."""
    match step:
        case OnlineEvent():
            action = Action.EVENT
        case OnlineReserve():
            action = Action.RESERVE
        case OnlineExtend():
            action = Action.EXTEND
        case OnlineCommit():
            action = Action.COMMIT
        case _:
            action = Action.RELEASE
    names = ("session", "subject_kind", "subject", "kind", "unit", "called", "zone")
    fields = {name: value for name in names if (value := getattr(step, name, None))}
    for name in ("quantity", "used"):
        value = getattr(step, name, None)
        if value is not None:
            fields[name] = plain(value)
    return action, {"key": f"line-{step.line}", **fields}


def _compare(step: OnlineStep, answer: Answer) -> Told:
    body, expected, found = answer.body, [], []
    granted, cost = getattr(step, "granted", None), getattr(step, "cost", None)
    if "granted" in body:
        said = f"{body['granted']} {body['unit']}"
        unit = unit_named(getattr(step, "unit", body["unit"]))
        wanted = said if granted is None else f"{plain(granted * unit.factor)} {unit.canonical}"
        expected.append(f"{wanted} granted")
        found.append(f"{said} granted")
    if "amount" in body:
        expected.append(f"costing {body['amount'] if cost is None else plain(cost)}")
        found.append(f"costing {plain(Decimal(body['amount']))}")
        if cost is None:
            expected[-1] = found[-1]
    return Told(", ".join(expected), ", ".join(found))


@async_to_sync
async def _ask(action: Action, fields: dict[str, str], tenant_id: int, at: datetime) -> Answer:
    charger = OnlineCharger(connect)
    try:
        request = read_request(action, json.dumps(fields).encode())
        return await charger.ask(request, tenant_id=tenant_id, at=at)
    finally:
        await charger.close()


@async_to_sync
async def _expire(tenant_id: int, at: datetime) -> int:
    charger = OnlineCharger(connect)
    try:
        return await charger.expire_sessions(tenant_id=tenant_id, at=at)
    finally:
        await charger.close()
