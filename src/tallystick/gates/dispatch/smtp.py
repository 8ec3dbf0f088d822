"""Documents by mail, through any SMTP server."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formataddr
from hashlib import sha256
from urllib.parse import unquote, urlsplit

from tallystick.base.courier import DeliveryFailed
from tallystick.base.refusal import Refusal
from tallystick.base.sender import Letter, SentPerhaps

TIMEOUT_S = 30


@dataclass
class MailServerWrong(Refusal):
    code = "mail_server_wrong"
    url: str = ""

    def sentence(self) -> str:
        return f"{self.url!r} is no mail server; write smtp://user:password@host:587 or smtps://..."


class SmtpSender:
    """Sends each letter as a message with an attachment, over one connection while it lasts.

    `smtp://` asks for STARTTLS where the server offers it, `smtps://` is encrypted from the start.
    A mail sent twice is read twice, so it is not repeatable.
    """

    repeatable = False

    def __init__(self, url: str, *, sender: str) -> None:
        """:raises MailServerWrong: when the address is none of a mail server"""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise MailServerWrong(url=url)
        self._parts, self._sender = parts, sender
        self._server: smtplib.SMTP | None = None

    def send(self, letter: Letter) -> str:
        """The server's answer.

        :raises DeliveryFailed: when it cannot be reached, or refuses the letter
        :raises SentPerhaps: when the line breaks while the letter goes over it
        """
        message = EmailMessage()
        message["From"] = formataddr((letter.sender, self._sender))
        message["To"] = letter.address
        message["Subject"] = " ".join(letter.subject.split())
        digest = sha256(letter.key.encode()).hexdigest()[:32]
        message["Message-ID"] = f"<{digest}@{self._sender.partition('@')[2] or 'localhost'}>"
        message.set_content(letter.text)
        main, _, sub = letter.media_type.partition("/")
        message.add_attachment(letter.content, maintype=main, subtype=sub, filename=letter.filename)
        try:
            server = self._connected()
        except (smtplib.SMTPException, OSError) as fault:
            raise DeliveryFailed(reason=_said(fault)) from None
        try:
            server.send_message(message)
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as fault:
            self._server = None
            raise DeliveryFailed(reason=_said(fault)) from None
        except (smtplib.SMTPException, OSError) as fault:
            self._server = None
            raise SentPerhaps(reason=_said(fault)) from None
        return "accepted"

    def _connected(self) -> smtplib.SMTP:
        if self._server is not None:
            try:
                if self._server.noop()[0] == 250:
                    return self._server
            except (smtplib.SMTPException, OSError):
                pass
            self._server = None
        host, secure = self._parts.hostname or "", self._parts.scheme == "smtps"
        port = self._parts.port or (465 if secure else 587)
        context = ssl.create_default_context()
        server: smtplib.SMTP
        if secure:
            server = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=context)
        else:
            server = smtplib.SMTP(host, port, timeout=TIMEOUT_S)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=context)
        if self._parts.username:
            server.login(unquote(self._parts.username), unquote(self._parts.password or ""))
        self._server = server
        return server


def _said(fault: Exception) -> str:
    return str(fault) or type(fault).__name__
