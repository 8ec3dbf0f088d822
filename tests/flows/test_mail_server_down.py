"""A mail server that is away, comes, refuses for a while, hangs up in the middle of a letter."""

import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from email import message_from_bytes

import pytest
from typer.testing import CliRunner

from tallystick.domain.documents.models import Channel, Dispatch, DocumentFormat
from tallystick.domain.documents.operations import ATTEMPTS_MAX, wish_delivery
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.dispatch import DispatchReport, dispatch_documents
from tallystick.flows.invoice import run_bills
from tallystick.gates.cli.app import app
from tallystick.gates.dispatch.smtp import SmtpSender
from tallystick.wiring.couriers import PRINTERS
from tests.flows.businesses import open_talk_business

AT = datetime(2026, 1, 2, 9, tzinfo=UTC)
LATER = ("rcpt", "data", "end")


class MailServer:
    """SMTP on a socket of its own; `refuse` names the step that is put off, `cut` a hang-up."""

    def __init__(self) -> None:
        with socket.socket() as door:
            door.bind(("127.0.0.1", 0))
            self.port = door.getsockname()[1]
        self.refuse = ""
        self.cut_after = 0  # bytes of a letter after which the line is cut; 0: never
        self.letters: list[bytes] = []
        self._door: socket.socket | None = None

    def come(self) -> None:
        self._door = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, args=(self._door,), daemon=True).start()

    def go(self) -> None:
        if self._door is not None:
            self._door.close()

    def _serve(self, door: socket.socket) -> None:
        while True:
            try:
                line, _ = door.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def _talk(self, line: socket.socket) -> None:
        with line, line.makefile("rwb") as talk:

            def say(text: str) -> None:
                talk.write(text.encode() + b"\r\n")
                talk.flush()

            say("220 mail.example ready")
            while words := talk.readline().decode().split():
                word = words[0].lower()
                if word == self.refuse:
                    say("451 try again later")
                elif word == "data":
                    say("354 go on")
                    letter = self._read(talk)
                    if letter is None:
                        return
                    if self.refuse == "end":
                        say("452 no room just now")
                    else:
                        self.letters.append(letter)
                        say("250 taken")
                elif word == "quit":
                    say("221 bye")
                    return
                else:
                    say("250 fine")

    def _read(self, talk) -> bytes | None:
        """The letter up to its end; None where the line is cut before."""
        read = b""
        while not read.endswith(b"\r\n.\r\n"):
            read += talk.readline()
            if self.cut_after and len(read) > self.cut_after:
                return None
        return read


@pytest.fixture
def mailer() -> Iterator[MailServer]:
    made = MailServer()
    yield made
    made.go()


@pytest.fixture
def tenant_id(own_database) -> int:
    """An operator with one invoice that is to be mailed."""
    tenant = open_talk_business(customers=1)
    with acting_for(tenant.id):
        wish_delivery(
            account_numbered("A1"), channel=Channel.MAIL, address="ada@customer.example",
            format=DocumentFormat("pdf"), at=AT,
        )  # fmt: skip
    run_bills(tenant_id=tenant.id, on=date(2026, 1, 2), at=AT)
    return tenant.id


def send(tenant_id: int, mailer: MailServer) -> DispatchReport:
    sender = SmtpSender(f"smtp://127.0.0.1:{mailer.port}", sender="bills@talk.example")
    senders = {"mail": sender}
    return dispatch_documents(tenant_id=tenant_id, senders=senders, printers=PRINTERS, at=AT)


def waits(tenant_id: int) -> tuple[str, int, str]:
    with acting_for(tenant_id):
        one = Dispatch.objects.get()
        return one.state, one.attempts, one.answer


def listed(line: str) -> dict:
    result = CliRunner().invoke(app, [*line.split(), "--operator", "talk", "--json"])
    assert result.exit_code in (0, 3), result.output
    return json.loads(result.stdout)


def test_away_then_there_then_refusing_and_at_last_taken_once(tenant_id: int, mailer) -> None:
    assert send(tenant_id, mailer) == DispatchReport(1, 0, 1, 0, 0)
    assert "refused" in waits(tenant_id)[2]
    mailer.come()
    for step in LATER:
        mailer.refuse = step
        assert send(tenant_id, mailer) == DispatchReport(0, 0, 1, 0, 0), step
    assert waits(tenant_id)[:2] == ("waiting", 4)
    assert mailer.letters == []
    mailer.refuse = ""
    assert send(tenant_id, mailer) == DispatchReport(0, 1, 0, 0, 0)
    assert send(tenant_id, mailer) == DispatchReport(0, 0, 0, 0, 0)
    (letter,) = mailer.letters
    assert message_from_bytes(letter)["To"] == "ada@customer.example"
    assert waits(tenant_id) == ("sent", 5, "accepted")


def test_a_line_cut_in_the_middle_of_a_letter_is_left_to_a_person(tenant_id: int, mailer) -> None:
    mailer.come()
    mailer.cut_after = 2_000
    assert send(tenant_id, mailer) == DispatchReport(1, 0, 0, 0, 1)
    mailer.cut_after = 0
    assert send(tenant_id, mailer) == DispatchReport(0, 0, 0, 0, 0)
    assert mailer.letters == []
    (told,) = listed("document list --state unsure")["documents"]
    listed(f"document resend {told['document']}")
    assert send(tenant_id, mailer).sent == 1
    assert len(mailer.letters) == 1


def test_given_up_after_ten_tries_a_person_is_told(tenant_id: int, mailer) -> None:
    for _ in range(ATTEMPTS_MAX + 2):
        send(tenant_id, mailer)
    state, attempts, answer = waits(tenant_id)
    assert (state, attempts) == ("failed", ATTEMPTS_MAX)
    (told,) = listed("document list --state failed")["documents"]
    assert told["answer"] == answer
    mailer.come()
    assert send(tenant_id, mailer) == DispatchReport(0, 0, 0, 0, 0)
    listed(f"document resend {told['document']}")
    assert send(tenant_id, mailer).sent == 1
    assert len(mailer.letters) == 1
