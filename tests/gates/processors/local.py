"""Stripe's double that others wrote, as a process of its own on this machine, and what it sends."""

import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import stripe

KEY, SECRET = "sk_test_12345", "whsec_sample"
SECONDS_MAX = 30


@dataclass
class Sent:
    """Events as they came: each body with its signature."""

    events: list[tuple[bytes, str]] = field(default_factory=list)

    def wait_for(self, told: str) -> tuple[bytes, str]:
        """The first event of that type, once it has come."""
        until = time.monotonic() + SECONDS_MAX
        while time.monotonic() < until:
            for body, signature in self.events:
                if f'"type": "{told}"'.encode() in body:
                    return body, signature
            time.sleep(0.05)
        raise AssertionError(f"no {told} among {len(self.events)} events")


@dataclass(frozen=True)
class Local:
    """The double's address, a client of it, and what it has sent."""

    address: str
    sent: Sent

    @property
    def client(self) -> stripe.StripeClient:
        return stripe.StripeClient(KEY, base_addresses={"api": self.address})

    def customer(self, method: str | None = None, **new: object) -> tuple[str, str]:
        """(customer, payment method): a kept test method, or a new one."""
        made = self.client.v1.customers.create({"name": "Ada Example"})
        if method is None:
            kept = self.client.v1.payment_methods.create(dict(new))
            method = kept.id
        attached = self.client.v1.payment_methods.attach(method, {"customer": made.id})
        return made.id, attached.id

    def authenticate(self, reference: str) -> None:
        """What the customer's browser does after the bank has asked."""
        intent = self.client.v1.payment_intents.retrieve(reference)
        self._post(
            f"/v1/payment_intents/{reference}/_authenticate",
            client_secret=str(intent.client_secret), success="true",
        )  # fmt: skip

    def tell(self, url: str) -> None:
        """From now on it sends its events there."""
        self._post("/_config/webhooks/ours", url=url, secret=SECRET)

    def _post(self, path: str, **form: str) -> None:
        body = urllib.parse.urlencode(form).encode()
        request = urllib.request.Request(
            self.address + path, data=body, headers={"Authorization": f"Bearer {KEY}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200


@contextmanager
def local_stripe() -> Iterator[Local]:
    """The double on a port of its own; it and the listener end with the block."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    program = Path(sys.executable).parent / "localstripe"
    process = subprocess.Popen(
        [str(program), "--port", str(port), "--from-scratch"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    sent = Sent()

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sent.events.append((body, self.headers["Stripe-Signature"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Tests are quiet."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    Thread(target=listener.serve_forever, daemon=True).start()
    try:
        _wait_for(port, process)
        local = Local(f"http://127.0.0.1:{port}", sent)
        local.tell(f"http://127.0.0.1:{listener.server_port}/")
        yield local
    finally:
        listener.shutdown()
        listener.server_close()
        process.terminate()
        process.wait(timeout=10)


def _wait_for(port: int, process: subprocess.Popen) -> None:
    until = time.monotonic() + SECONDS_MAX
    while time.monotonic() < until:
        assert process.poll() is None, "the double ended"
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the double does not answer")
