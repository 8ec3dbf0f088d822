"""The HTTP door as a client meets it: bytes in, bytes out, on a real socket and database."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import date

import pytest

from tallystick.domain.catalog import queries
from tallystick.flows.acquire import publish_catalogue
from tallystick.gates.charging import door
from tallystick.gates.charging.door import Connection, Front
from tests.flows.businesses import AT, open_talk_business
from tests.flows.charging import charging, give_bucket, give_terms

PRICES = """
currency: EUR
zone: Europe/Berlin
offers:
  talk: {from: 2025-01-01, components: {calls: {of: voice, price: 60 per min}}}
"""
CALL = {"key": "k", "subject_kind": "msisdn", "subject": "491700000001", "kind": "voice",
        "unit": "s", "quantity": "1"}  # fmt: skip


@pytest.fixture(scope="module")
def tenant(module_database):
    queries._plan.cache_clear()
    tenant = open_talk_business("door")
    publish_catalogue(
        PRICES, tenant_id=tenant.id, name="p.yaml", files={}, valid_from=date(2025, 6, 1), at=AT
    )
    give_terms(tenant.id, "A1")
    give_bucket(tenant.id, "A1", 1_000)
    yield tenant
    queries._plan.cache_clear()


@asynccontextmanager
async def listening(tenant, *, token=""):
    async with charging() as charger:
        known = {"door": tenant.id}
        front = Front(charger, known.get, lambda: AT, lambda: {"answered": 1}, token=token)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(front), "127.0.0.1", 0)
        yield server.sockets[0].getsockname()[1]
        server.close()


def post(path, body, *, headers=""):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def read(reader):
    """(status, document) of the next answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = int(head.lower().split("content-length:")[1].split()[0])
    body = await reader.readexactly(length)
    return int(head.split()[1]), body if b"tallystick_" in body else json.loads(body)


def tell(tenant, *messages, token=""):
    """The answers to these bytes, sent at once on one connection."""

    async def talk():
        async with listening(tenant, token=token) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"".join(messages))
            answers = [await read(reader) for _ in messages]
            writer.close()
            return answers

    return asyncio.run(talk())


def test_one_after_the_other_on_one_connection(tenant):
    calls = [post("/door/event", CALL | {"key": f"in-turn-{n}"}) for n in range(20)]
    balance = {name: CALL[name] for name in ("subject", "subject_kind")}
    *answers, (status, last) = tell(tenant, *calls, post("/door/balance", balance))
    assert {(status, told["code"], told["amount"]) for status, told in answers} == {
        (200, "granted", "1")
    }
    assert [told["session"] for _, told in answers] == [f"in-turn-{n}" for n in range(20)]
    assert (status, last["balance"]) == (200, "980")


@pytest.mark.parametrize(
    ("changes", "status", "code", "words"),
    [
        ({"quantity": 1.5}, 200, "granted", ""),
        ({"quantity": "1.5"}, 200, "granted", ""),
        ({"quantity": "1e3"}, 400, "malformed_request", "'quantity' is a number from 0"),
        ({"quantity": -1}, 400, "malformed_request", "'quantity' is a number from 0"),
        ({"quantity": True}, 400, "malformed_request", "'quantity' is a number from 0"),
        ({"quantity": float("nan")}, 400, "malformed_request", "NaN is no number"),
        ({"quantity": "9" * 18}, 400, "malformed_request", "larger than anything"),
        ({"quantity": "9000"}, 402, "insufficient_balance", "top it up"),
        ({"unit": "parsec"}, 400, "unknown_unit", "is not known"),
        ({"subject": 4917}, 400, "malformed_request", "'subject' is text"),
        ({"subject": "4900"}, 404, "unknown_subject", "no service was known by msisdn 4900"),
        ({"at": "yesterday"}, 400, "malformed_request", "instant with its offset"),
        ({"at": "2026-01-01T12:00:00"}, 400, "malformed_request", "instant with its offset"),
        ({"colour": "red"}, 400, "malformed_request", "event knows no field 'colour'"),
        ({"key": ""}, 400, "malformed_request", "'key' has 1 to 255 characters"),
        ({"kind": "fax"}, 422, "cannot_rate", "no price fits"),
        ({"called": "\ud800"}, 400, "malformed_request", "is not text that can be stored"),
        ({"attributes": {"a": None}}, 400, "malformed_request", "object of text and numbers"),
    ],
)
def test_what_an_event_may_say(tenant, changes, status, code, words):
    (answer,) = tell(tenant, post("/door/event", CALL | {"key": f"{changes}"} | changes))
    assert (answer[0], answer[1]["code"]) == (status, code), answer
    assert words in answer[1].get("sentence", "")


@pytest.mark.parametrize(
    ("message", "status", "words"),
    [
        (post("/door/event", b"{"), 400, "the body is not JSON"),
        (post("/door/event", b"[]"), 400, "not a JSON object"),
        (post("/door/event", b'{"key": "a", "key": "b"}'), 400, "stands twice"),
        (post("/door/event", b"[" * 9_000), 400, "the body is not JSON"),
        (post("/door/event", b"\xff"), 400, "the body is not JSON"),
        (post("/door/event", {}), 400, "event needs the field 'key'"),
        (post("/door/dance", {}), 404, "ask /OPERATOR/ and one of reserve"),
        (post("/other/event", CALL), 404, "no operator here has the code 'other'"),
        (post("/door/expire", {}), 404, "there is no /door/expire"),
        (post("/door/event", b" " * 20_000), 413, "at most 16384 bytes"),
        (post("/door/event", CALL, headers=f"X: {'y' * 20_000}\r\n"), 413, "headers are larger"),
        (b"GET /door/event HTTP/1.1\r\nHost: x\r\n\r\n", 405, "is asked with POST"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "this is not HTTP"),
    ],
)
def test_what_is_no_request(tenant, message, status, words):
    (answer,) = tell(tenant, message)
    assert answer[0] == status, answer
    assert words in answer[1]["sentence"]


def test_pages(tenant):
    pages = [b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n" % name
             for name in (b"health", b"openapi.json", b"metrics")]  # fmt: skip
    health, api, metrics = tell(tenant, *pages)
    assert health == (200, {"status": "ok"})
    assert set(api[1]["paths"]) == {
        f"/{{operator}}/{word}"
        for word in (
            "reserve",
            "extend",
            "commit",
            "release",
            "event",
            "authorise",
            "refund",
            "balance",
        )
    }
    assert b"tallystick_charging_answered_total 1\n" in metrics[1]


def test_only_who_has_the_token(tenant):
    (no,) = tell(tenant, post("/door/event", CALL), token="secret")
    assert (no[0], no[1]["code"]) == (401, "not_permitted")
    bearer = "Authorization: Bearer secret\r\n"
    (yes,) = tell(tenant, post("/door/event", CALL, headers=bearer), token="secret")
    assert yes[0] == 200


def test_a_slow_client_is_not_waited_for(tenant, monkeypatch):
    monkeypatch.setattr(door, "SLOW_S", 0.05)
    (answer,) = tell(tenant, b"POST /door/event HTTP/1.1\r\nHost: x\r\nContent-Le")
    assert (answer[0], answer[1]["code"]) == (408, "too_slow")
