"""Writes around documents: an account's wish, and the way of a document out."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.db import connection

from tallystick.base.refusal import Refusal
from tallystick.domain.documents.models import (
    Channel,
    Delivery,
    Dispatch,
    DispatchState,
    DocumentFormat,
)
from tallystick.domain.parties.models import Account

ATTEMPTS_MAX: Final = 10
_ADDRESSES: Final = {
    Channel.MAIL: (re.compile(r"[^@\s]+@[^@\s]+"), "an e-mail address"),
    Channel.WEBHOOK: (re.compile(r"https?://\S+"), "an address such as https://..."),
    Channel.FOLDER: (re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*"), "a folder's plain name"),
}


@dataclass
class AddressWrong(Refusal):
    code = "address_wrong"
    channel: str = ""
    address: str = ""
    wanted: str = ""

    def sentence(self) -> str:
        return f"{self.address!r} cannot get documents by {self.channel}; write {self.wanted}"


@dataclass
class DispatchDone(Refusal):
    code = "dispatch_done"
    dispatch: int = 0
    state: str = ""

    def sentence(self) -> str:
        return (
            f"document {self.dispatch} is {self.state}; only one that failed or of which we are "
            "not sure can be sent again"
        )


@dataclass
class DocumentSent(Refusal):
    code = "document_sent"
    number: str = ""

    def sentence(self) -> str:
        return (
            f"{self.number} went out to the customer, so it cannot be void; credit it and bill "
            f"again with: tallystick invoice rebill {self.number}. Where the law lets you void it: "
            "tallystick bill rules --void-sent"
        )


@dataclass
class UnknownDispatch(Refusal):
    code = "unknown_dispatch"
    dispatch: int = 0

    def sentence(self) -> str:
        return f"no document on its way has the number {self.dispatch}; see: document list"


def wish_delivery(
    account: Account, *, channel: Channel, address: str, format: DocumentFormat, at: datetime
) -> Delivery:
    """The account's documents go by that channel from now on; its wish of before is replaced.

    :raises AddressWrong: when the channel cannot reach such an address
    """
    pattern, wanted = _ADDRESSES[channel]
    if not pattern.fullmatch(address):
        raise AddressWrong(channel=channel, address=address, wanted=wanted)
    delivery, _ = Delivery.objects.update_or_create(
        tenant_id=account.tenant_id,
        account=account,
        channel=channel,
        defaults={"address": address, "format": format},
        create_defaults={"address": address, "format": format, "wished_at": at},
    )
    return delivery


def queue_dispatches(*, tenant_id: int, at: datetime) -> int:
    """Queues every issued invoice that its account wants and has not got yet; gives how many.

    Invoices of before the wish are not sent.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO documents_dispatch (tenant_id, account_id, invoice_id, channel, address,
                format, state, attempts, queued_at, answer)
            SELECT d.tenant_id, d.account_id, i.id, d.channel, d.address, d.format, 'waiting', 0,
                %s, ''
            FROM documents_delivery d JOIN invoices_invoice i ON i.tenant_id = d.tenant_id
                AND i.account_id = d.account_id AND i.issued_at >= d.wished_at
            WHERE d.tenant_id = %s AND NOT EXISTS (SELECT 1 FROM invoices_voidedinvoice v
                WHERE v.tenant_id = i.tenant_id AND v.account_id = i.account_id
                AND v.invoice_id = i.id)
            ORDER BY i.id
            ON CONFLICT (tenant_id, account_id, invoice_id, channel) DO NOTHING
            """,
            [at, tenant_id],
        )
        queued: int = cursor.rowcount
    return queued


def keep_back(invoice_id: int, *, number: str, even_sent: bool) -> None:
    """The invoice does not go out any more.

    :raises DocumentSent: when it did, or may have, unless `even_sent`
    """
    own = Dispatch.objects.filter(invoice_id=invoice_id)
    out = (DispatchState.SENT, DispatchState.SENDING, DispatchState.UNSURE)
    states = set(own.select_for_update().values_list("state", flat=True))
    if not even_sent and states & set(out):
        raise DocumentSent(number=number)
    own.exclude(state__in=out).update(state=DispatchState.HELD_BACK)


def claim_dispatch(dispatch_id: int) -> Dispatch | None:
    """The document, marked as being sent; None when somebody else has it."""
    waiting = Dispatch.objects.select_for_update(skip_locked=True)
    found = waiting.filter(id=dispatch_id, state=DispatchState.WAITING).first()
    if found is None:
        return None
    found.state = DispatchState.SENDING
    found.attempts += 1
    found.save(update_fields=["state", "attempts"])
    return found


class Outcome(StrEnum):
    """What came of sending a document."""

    SENT = "sent"
    NOT_SENT = "not_sent"
    UNSURE = "unsure"


def settle_dispatch(dispatch_id: int, *, outcome: Outcome, answer: str, at: datetime) -> None:
    """Notes what came of sending it; after ten refusals it fails and waits for a person."""
    found = Dispatch.objects.get(id=dispatch_id)
    found.answer = answer[:300]
    match outcome:
        case Outcome.SENT:
            found.state, found.sent_at = DispatchState.SENT, at
        case Outcome.UNSURE:
            found.state = DispatchState.UNSURE
        case Outcome.NOT_SENT:
            last = found.attempts >= ATTEMPTS_MAX
            found.state = DispatchState.FAILED if last else DispatchState.WAITING
    found.save(update_fields=["state", "sent_at", "answer"])


def doubt_dispatches(*, repeatable: frozenset[str]) -> int:
    """What was being sent when we were stopped: again where that does no harm, else unsure."""
    left = Dispatch.objects.filter(state=DispatchState.SENDING)
    left.filter(channel__in=repeatable).update(state=DispatchState.WAITING)
    return left.exclude(channel__in=repeatable).update(state=DispatchState.UNSURE)


def send_again(dispatch_id: int) -> None:
    """A person decides that the document goes out again.

    :raises UnknownDispatch: when there is none
    :raises DispatchDone: when it was sent or waits already
    """
    found = Dispatch.objects.select_for_update().filter(id=dispatch_id).first()
    if found is None:
        raise UnknownDispatch(dispatch=dispatch_id)
    if found.state not in (DispatchState.FAILED, DispatchState.UNSURE):
        raise DispatchDone(dispatch=dispatch_id, state=found.state)
    found.state, found.attempts = DispatchState.WAITING, 0
    found.save(update_fields=["state", "attempts"])
