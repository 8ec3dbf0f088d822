"""Invoices out: by a real mail server, a real web server and a folder, and never twice."""

import base64
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from tallystick.base.courier import DeliveryFailed
from tallystick.base.sender import Letter, SentPerhaps
from tallystick.domain.documents.models import Channel, Dispatch, DispatchState, DocumentFormat
from tallystick.domain.documents.operations import (
    AddressWrong,
    DispatchDone,
    UnknownDispatch,
    send_again,
    wish_delivery,
)
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.tenants.scope import acting_for, tenant_id_of
from tallystick.flows.dispatch import DispatchReport, dispatch_documents
from tallystick.flows.invoice import run_bills
from tallystick.gates.dispatch.folder import FolderSender
from tallystick.gates.dispatch.smtp import MailServerWrong, SmtpSender
from tallystick.gates.dispatch.webhook import WebhookSender
from tallystick.packs.stories.play import play_story
from tallystick.packs.stories.read import read_story
from tallystick.wiring.couriers import PRINTERS
from tests.gates.documents.official import faults_of

SCENARIOS = Path(__file__).parents[1] / "scenarios"
STORY = """
business businesses/sparrow.yaml catalogue businesses/sparrow-prices.yaml
2026-01-01 account A1 "Ada Example" consumer bill-day 1
2026-01-01 account A2 "Bob Example" consumer bill-day 1
2026-01-01 account A3 "Cleo Example" consumer bill-day 1
2026-01-01 contract C1 of A1 offer line
2026-01-01 contract C2 of A2 offer line
2026-01-01 contract C3 of A3 offer line
2026-01-01 bill run
"""
DAYS = count(1)


def now() -> datetime:
    """A day later each time it is asked."""
    return datetime(2026, 1, 15, tzinfo=UTC) + timedelta(days=next(DAYS))


MONTHS = iter(date(2026 + n // 12, n % 12 + 1, 1) for n in range(1, 60))


class Mailbox:
    """What a mail server was given; `refuse` says what it answers instead of taking it."""

    def __init__(self) -> None:
        self.letters: list[bytes] = []
        self.refuse = ""

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802
        if self.refuse:
            return self.refuse
        self.letters.append(envelope.content)
        return "250 taken"


@pytest.fixture
def mail() -> Iterator[tuple[Mailbox, SmtpSender]]:
    mailbox = Mailbox()
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    sender = SmtpSender(f"smtp://127.0.0.1:{port}", sender="bills@sparrow.example")
    yield mailbox, sender
    controller.stop()


@pytest.fixture(scope="module")
def billed(module_database) -> int:
    story = read_story(STORY, file="out.story", name="out")
    assert play_story(story, folder=SCENARIOS, code="out").failed == ()
    return tenant_id_of("out")


def wish(tenant_id: int, account: str, channel: Channel, address: str, form: str) -> None:
    with acting_for(tenant_id):
        wish_delivery(
            account_numbered(account), channel=channel, address=address,
            format=DocumentFormat(form), at=now(),
        )  # fmt: skip


def bill_next_month(tenant_id: int) -> None:
    month = next(MONTHS)
    run_bills(tenant_id=tenant_id, on=month, at=now())


def send(tenant_id: int, **senders) -> DispatchReport:
    return dispatch_documents(tenant_id=tenant_id, senders=senders, printers=PRINTERS, at=now())


def test_a_mail_is_sent_once_with_the_invoice_in_it(billed: int, mail) -> None:
    mailbox, sender = mail
    wish(billed, "A1", Channel.MAIL, "ada@customer.example", "factur-x")
    assert send(billed, mail=sender).queued == 0  # what was issued before is not sent
    bill_next_month(billed)
    assert send(billed, mail=sender) == DispatchReport(1, 1, 0, 0, 0)
    assert send(billed, mail=sender) == DispatchReport(0, 0, 0, 0, 0)
    (content,) = mailbox.letters
    letter = message_from_bytes(content)
    assert letter["To"] == "ada@customer.example"
    assert "Sparrow" in letter["From"]
    (attached,) = [part for part in letter.walk() if part.get_filename()]
    assert attached.get_payload(decode=True).startswith(b"%PDF")
    assert attached.get_filename().startswith("INV-2026-")


def test_a_server_that_is_down_or_refuses_is_asked_again(billed: int, mail) -> None:
    mailbox, sender = mail
    bill_next_month(billed)
    down = SmtpSender("smtp://127.0.0.1:1", sender="bills@sparrow.example")
    assert send(billed, mail=down) == DispatchReport(1, 0, 1, 0, 0)
    mailbox.refuse = "451 try again later"
    assert send(billed, mail=sender) == DispatchReport(0, 0, 1, 0, 0)
    mailbox.refuse = ""
    assert send(billed, mail=sender) == DispatchReport(0, 1, 0, 0, 0)
    assert len(mailbox.letters) == 1
    with acting_for(billed):
        last = Dispatch.objects.latest("id")
    assert (last.state, last.attempts) == (DispatchState.SENT, 3)


class Broken:
    """A line that breaks when the letter is half over it."""

    repeatable = False

    def send(self, letter: Letter) -> str:
        raise SentPerhaps(reason="connection reset")


def test_what_may_have_arrived_waits_for_a_person(billed: int, mail) -> None:
    mailbox, sender = mail
    bill_next_month(billed)
    assert send(billed, mail=Broken()) == DispatchReport(1, 0, 0, 0, 1)
    assert send(billed, mail=sender) == DispatchReport(0, 0, 0, 0, 0)
    with acting_for(billed):
        last = Dispatch.objects.latest("id").id
        send_again(last)
        with pytest.raises(DispatchDone):
            send_again(last)
        with pytest.raises(UnknownDispatch):
            send_again(10**9)
    assert send(billed, mail=sender).sent == 1
    assert len(mailbox.letters) == 1


@pytest.mark.parametrize(("repeatable", "state"), [(True, "waiting"), (False, "unsure")])
def test_what_a_stop_leaves_is_repeated_only_where_it_does_no_harm(
    billed: int, tmp_path: Path, repeatable: bool, state: str
) -> None:
    """A stop between the two transactions leaves a document marked as being sent."""
    bill_next_month(billed)
    with acting_for(billed):
        Dispatch.objects.filter(state=DispatchState.WAITING).update(state=DispatchState.FAILED)
    channel = "folder" if repeatable else "mail"
    wish(billed, "A3", Channel(channel), "printer" if repeatable else "c@x.example", "pdf")
    bill_next_month(billed)
    send(billed)  # queues; nobody to send
    with acting_for(billed):
        mine = Dispatch.objects.filter(channel=channel, account__number="A3")
        left = mine.latest("id").id
        mine.filter(id=left).update(state=DispatchState.SENDING)
    senders = {"folder": FolderSender(tmp_path)} if repeatable else {"mail": Broken()}
    with acting_for(billed):
        Dispatch.objects.filter(state=DispatchState.WAITING).update(state=DispatchState.FAILED)
    report = send(billed, **senders)
    with acting_for(billed):
        found = Dispatch.objects.get(id=left)
    assert found.state == ("sent" if state == "waiting" else "unsure")
    assert (report.sent, report.unsure) == ((1, 0) if repeatable else (0, 1))


class Hook(BaseHTTPRequestHandler):
    """Keeps what is posted; answers 503 first."""

    posted: list[tuple[dict[str, str], bytes]] = []  # noqa: RUF012

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.posted.append((dict(self.headers), body))
        self.send_response(503 if len(self.posted) == 1 else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_a_web_address_gets_a_signed_document_it_knows_by_its_key(billed: int) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/bills"
        wish(billed, "A2", Channel.WEBHOOK, address, "ubl")
        bill_next_month(billed)
        sender = WebhookSender(secret="shared")
        with acting_for(billed):
            Dispatch.objects.filter(state=DispatchState.WAITING).update(state="failed")
        assert send(billed, webhook=sender).failed == 1
        assert send(billed, webhook=sender).sent == 1
    finally:
        server.shutdown()
        server.server_close()
    (first, body), (second, again) = Hook.posted
    assert first["Idempotency-Key"] == second["Idempotency-Key"]
    assert body == again
    signature = hmac.new(b"shared", body, sha256).hexdigest()
    assert first["Tallystick-Signature"] == signature
    assert faults_of(base64.b64decode(json.loads(body)["content"])) == []


def test_a_folder_holds_each_file_whole(billed: int, tmp_path: Path) -> None:
    sender = FolderSender(tmp_path)
    letter = Letter("k", "out", "S", "s", "t", "INV-1.pdf", "application/pdf", b"%PDF")
    assert sender.send(letter) == sender.send(letter) == "out/INV-1.pdf"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["INV-1.pdf"]
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DeliveryFailed):
        FolderSender(tmp_path / "file").send(letter)


def test_usage_goes_out_as_csv(billed: int, tmp_path: Path) -> None:
    wish(billed, "A1", Channel.FOLDER, "usage", "usage-csv")
    bill_next_month(billed)
    send(billed, folder=FolderSender(tmp_path))
    (file,) = (tmp_path / "usage").iterdir()
    assert file.suffix == ".csv"
    assert file.read_text().startswith("account,contract,subject,")


@pytest.mark.parametrize(
    ("channel", "address"),
    [("mail", "nobody"), ("webhook", "ftp://x"), ("folder", "../up"), ("folder", "a/b")],
)
def test_addresses_that_cannot_be_reached_are_refused(
    billed: int, channel: str, address: str
) -> None:
    with pytest.raises(AddressWrong, match="cannot get documents"):
        wish(billed, "A1", Channel(channel), address, "pdf")
    with pytest.raises(MailServerWrong):
        SmtpSender("mail.example", sender="a@b.example")
