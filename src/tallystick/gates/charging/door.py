"""HTTP/1.1 for online charging: keep-alive, one answer after the other, nothing unbounded."""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hmac import compare_digest
from typing import Final, cast

import httptools

from tallystick.base.charging import GRANTED, Action, Answer, OnlineCharging
from tallystick.base.quantity import UnknownUnit
from tallystick.base.refusal import Refusal
from tallystick.gates.charging.openapi import describe
from tallystick.gates.charging.requests import MalformedRequest, read_request

BODY_MAX: Final = 16_384
HEADERS_MAX: Final = 16_384
PIPELINED_MAX: Final = 64
SLOW_S: Final = 10.0
"""How long a request may take to arrive."""

IDLE_S: Final = 120.0
LOOK_S: Final = 1.0
"""How often it is looked for what is slow or idle."""
STATUSES: Final[Mapping[str, int]] = {
    GRANTED: 200, "not_due": 200, "insufficient_balance": 402, "unknown_subject": 404,
    "unknown_session": 404, "unknown_operator": 404, "not_found": 404, "service_barred": 403,
    "not_permitted": 401, "cannot_rate": 422, "session_exists": 409, "session_ended": 409,
    "session_open": 409, "used_less": 409, "key_used": 409, "nothing_to_refund": 409,
    "absurd_time": 422, "malformed_request": 400, "unknown_unit": 400,
    "overloaded": 503, "database_away": 503, "body_too_large": 413, "too_slow": 408,
    "wrong_method": 405, "broken": 500,
}  # fmt: skip
_REASONS: Final = {
    200: "OK", 400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden",
    404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout", 409: "Conflict",
    413: "Content Too Large", 422: "Unprocessable Content", 500: "Internal Server Error",
    503: "Service Unavailable",
}  # fmt: skip


@dataclass(slots=True)
class Front:
    """What all connections share: the service behind them and who may ask."""

    charging: OnlineCharging
    operators: Callable[[str], int | None]  # code -> id, None = unknown
    now: Callable[[], datetime]
    figures: Callable[[], Mapping[str, int]]
    token: str = ""
    open: set["Connection"] = field(default_factory=set)
    looking: asyncio.TimerHandle | None = None

    def answer(self, method: bytes, path: str, body: bytes, tell: "Tell") -> None:
        """Has `tell` called with the status and the body of the answer to one HTTP request."""
        operator, _, word = path[1:].partition("/")
        action = _ACTIONS.get(word)
        tenant_id = self.operators(operator)
        if action is None or tenant_id is None or method != b"POST":
            tell(*self._page(method, path))
            return
        try:
            request = read_request(action, body)
        except (MalformedRequest, UnknownUnit) as refusal:
            tell(*_told(refusal.code, refusal.sentence()))
            return

        def on_answer(answer: Answer | Exception) -> None:
            if isinstance(answer, Answer):
                tell(STATUSES[answer.code], answer.text.encode())
            elif isinstance(answer, Refusal):
                tell(*_told(answer.code, answer.sentence()))
            else:
                tell(*_told("broken", "this is a fault of the service; it is logged"))

        self.charging.put(request, tenant_id=tenant_id, at=self.now(), tell=on_answer)

    def _page(self, method: bytes, path: str) -> tuple[int, bytes]:
        """What is asked by no operator for no action: pages, and what there is not."""
        if path in ("/health", "/openapi.json", "/metrics"):
            if method != b"GET":
                return _told("wrong_method", f"{path} is read with GET")
            if path == "/metrics":
                return 200, self._metrics()
            return 200, json.dumps(describe() if path != "/health" else {"status": "ok"}).encode()
        operator, _, word = path.strip("/").partition("/")
        if word not in _ACTIONS:
            names = ", ".join(_ACTIONS)
            return _told("not_found", f"there is no {path}; ask /OPERATOR/ and one of {names}")
        if method != b"POST":
            return _told("wrong_method", f"{path} is asked with POST")
        return _told("unknown_operator", f"no operator here has the code {operator!r}")

    def enter(self, connection: "Connection") -> None:
        """Keeps an eye on the connection until it is lost."""
        self.open.add(connection)
        if self.looking is None:
            self.look()

    def look(self) -> None:
        """Ends what is slow or idle, now and every second while there is any connection."""
        now = asyncio.get_running_loop().time()
        for connection in tuple(self.open):
            connection.end_slow(now)
        self.looking = None
        if self.open:
            self.looking = asyncio.get_running_loop().call_later(LOOK_S, self.look)

    def _metrics(self) -> bytes:
        lines = [f"tallystick_charging_{name}_total {n}" for name, n in self.figures().items()]
        return "\n".join([*lines, f"tallystick_charging_connections {len(self.open)}", ""]).encode()


Tell = Callable[[int, bytes], None]
_ACTIONS: Final = {action.value: action for action in Action if action is not Action.EXPIRE}


def _told(code: str, sentence: str) -> tuple[int, bytes]:
    return STATUSES[code], json.dumps({"code": code, "sentence": sentence}).encode()


class Connection(asyncio.Protocol):
    """One client; requests are answered in the order in which they came, one at a time."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self.time = asyncio.get_running_loop().time
        self.parser = httptools.HttpRequestParser(self)
        self.transport: asyncio.Transport | None = None
        self.waiting: deque[tuple[bytes, str, bytes, bool]] = deque()
        self.asked = False  # one request is being answered
        self.keep = True
        self.since = self.time()
        self.clear()

    def clear(self) -> None:
        self.url, self.body, self.headers = b"", b"", 0
        self.permitted = not self.front.token
        self.begun = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by name
        self.front.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.front.open.discard(self)
        self.transport = None

    def end_slow(self, now: float) -> None:
        """What has begun to arrive and never did in full is refused; what is idle is closed."""
        if self.begun and now - self.since > SLOW_S:
            self.refuse("too_slow", f"the request did not arrive within {SLOW_S:g} s")
        elif not self.asked and now - self.since > IDLE_S and self.transport is not None:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        if self.transport is None or self.transport.is_closing():
            return
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.refuse("malformed_request", "this door speaks HTTP/1.1 only")
        except httptools.HttpParserError as fault:
            if not self.transport.is_closing():
                self.refuse("malformed_request", f"this is not HTTP ({fault})")

    def on_message_begin(self) -> None:
        self.clear()
        self.begun, self.since = True, self.time()

    def on_url(self, url: bytes) -> None:
        self.url += url
        self.headers += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers += len(name) + len(value)
        if self.headers > HEADERS_MAX:
            self.refuse("body_too_large", f"headers are larger than {HEADERS_MAX} bytes")
        if self.front.token and name.lower() == b"authorization":
            self.permitted = compare_digest(value, f"Bearer {self.front.token}".encode())

    def on_body(self, body: bytes) -> None:
        if len(self.body) + len(body) > BODY_MAX:
            self.refuse("body_too_large", f"a body has at most {BODY_MAX} bytes")
        else:
            self.body += body

    def on_message_complete(self) -> None:
        if self.transport is None or self.transport.is_closing():
            return
        keep = self.parser.should_keep_alive()
        path = self.url.partition(b"?")[0].decode("latin-1")
        if not self.permitted and path != "/health":
            self.refuse("not_permitted", "say who asks: Authorization: Bearer and the token")
            return
        self.begun = False
        self.waiting.append((self.parser.get_method(), path, self.body, keep))
        if len(self.waiting) > PIPELINED_MAX:
            self.transport.pause_reading()
        self.go_on()

    def go_on(self) -> None:
        """Has the next request answered, unless one is."""
        while self.waiting and not self.asked:
            method, path, body, self.keep = self.waiting.popleft()
            self.asked = True
            self.front.answer(method, path, body, self.tell)

    def tell(self, status: int, body: bytes) -> None:
        """Answers the request that was asked last."""
        self.asked, self.since = False, self.time()
        self.send(status, body, keep=self.keep)
        if self.waiting and self.transport is not None:
            if len(self.waiting) <= PIPELINED_MAX:
                self.transport.resume_reading()
            asyncio.get_running_loop().call_soon(self.go_on)

    def send(self, status: int, body: bytes, *, keep: bool) -> None:
        if self.transport is None or self.transport.is_closing():
            return
        if status == 200 and keep:
            self.transport.write(b"%b%d\r\n\r\n%b" % (_GRANTED, len(body), body))
            return
        ends = "" if keep else "Connection: close\r\n"
        later = "Retry-After: 1\r\n" if status == 503 else ""
        head = (
            f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: application/json\r\n"
            f"{later}{ends}Content-Length: {len(body)}\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        if not keep:
            self.transport.close()

    def refuse(self, code: str, sentence: str) -> None:
        """Refuses what is no proper request, and ends the connection."""
        self.begun = False
        status, body = _told(code, sentence)
        self.send(status, body, keep=False)


_GRANTED: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
