"""Documents to a web address: one POST a document, signed, known by its key when it comes again."""

import base64
import hmac
import json
import urllib.error
import urllib.request
from hashlib import sha256

from tallystick.base.courier import DeliveryFailed
from tallystick.base.sender import Letter

TIMEOUT_S = 30


class WebhookSender:
    """Posts JSON with the file in base64.

    `Idempotency-Key` is the letter's key, `Tallystick-Signature` the HMAC-SHA256 of the body in
    hexadecimal under the shared secret.
    """

    repeatable = True

    def __init__(self, *, secret: str) -> None:
        self._secret = secret.encode()

    def send(self, letter: Letter) -> str:
        """The receiver's status.

        :raises DeliveryFailed: when it cannot be reached, or answers anything but success
        """
        body = json.dumps(
            {
                "key": letter.key,
                "subject": letter.subject,
                "filename": letter.filename,
                "media_type": letter.media_type,
                "content": base64.b64encode(letter.content).decode(),
            }
        ).encode()
        request = urllib.request.Request(
            letter.address,
            data=body,
            method="POST",
            headers={
                "Content-Type": "application/json",
                "Idempotency-Key": letter.key,
                "Tallystick-Signature": hmac.new(self._secret, body, sha256).hexdigest(),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                return f"status {answer.status}"
        except urllib.error.HTTPError as fault:
            raise DeliveryFailed(reason=f"status {fault.code}") from None
        except (OSError, ValueError) as fault:
            raise DeliveryFailed(reason=str(fault) or type(fault).__name__) from None
