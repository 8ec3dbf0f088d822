"""Documents out: every issued invoice to whoever wants it, by their channel, never twice.

A document is marked as being sent before it is, and as sent afterwards, each in a transaction of
its own. What a stop leaves in between is sent again only where that does no harm (a folder, a web
address that knows it by its key); a mail then waits for a person.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tallystick.base.courier import DeliveryFailed
from tallystick.base.progress import Progress, silent
from tallystick.base.refusal import Refusal
from tallystick.base.sender import Letter, Sender, SentPerhaps
from tallystick.core.invoice.document import InvoiceDocument
from tallystick.domain.documents import operations, queries
from tallystick.domain.documents.models import Dispatch, DocumentFormat
from tallystick.domain.documents.operations import Outcome
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.document import document_of
from tallystick.flows.list_usage import usage_of

LETTERS_AT_MOST: Final = 100_000
_MEDIA: Final = {
    DocumentFormat.PDF: ("application/pdf", "pdf"),
    DocumentFormat.FACTUR_X: ("application/pdf", "pdf"),
    DocumentFormat.UBL: ("application/xml", "xml"),
    DocumentFormat.CII: ("application/xml", "xml"),
    DocumentFormat.USAGE: ("text/csv", "csv"),
}

Printers = Mapping[str, Callable[[Any], bytes]]
"""What makes a file of each format: of the document, or of the usage that it bills (LISTED)."""


@dataclass(frozen=True, slots=True)
class DispatchReport:
    """Documents queued, sent, to be tried again, without a sender, and those we are unsure of."""

    queued: int
    sent: int
    failed: int
    unbound: int
    unsure: int


def dispatch_documents(
    *,
    tenant_id: int,
    senders: Mapping[str, Sender],
    printers: Printers,
    at: datetime,
    progress: Progress = silent,
) -> DispatchReport:
    """Queues what was issued since and sends all that waits.

    :raises AlreadyRunning: while another dispatch of the operator runs
    """
    sent = failed = unbound = 0
    with only_one("sending documents", tenant_id=tenant_id):
        harmless = frozenset(name for name, sender in senders.items() if sender.repeatable)
        with acting_for(tenant_id):
            unsure = operations.doubt_dispatches(repeatable=harmless)
            queued = operations.queue_dispatches(tenant_id=tenant_id, at=at)
            waiting = queries.waiting_dispatches(count=LETTERS_AT_MOST)
        for done, dispatch_id in enumerate(waiting, start=1):
            with acting_for(tenant_id):
                channel = Dispatch.objects.values_list("channel", flat=True).get(id=dispatch_id)
            if channel not in senders:
                unbound += 1
                continue
            told = _send(
                dispatch_id, senders[channel], tenant_id=tenant_id, printers=printers, at=at
            )
            sent += told is Outcome.SENT
            failed += told is Outcome.NOT_SENT
            unsure += told is Outcome.UNSURE
            progress("documents", done=done, total=len(waiting))
    return DispatchReport(queued, sent, failed, unbound, unsure)


def _send(
    dispatch_id: int, sender: Sender, *, tenant_id: int, printers: Printers, at: datetime
) -> Outcome | None:
    """What came of it; None when somebody else has the document."""
    with acting_for(tenant_id):
        claimed = operations.claim_dispatch(dispatch_id)
        if claimed is None:
            return None
        number = claimed.invoice.number
    try:
        document = document_of(number, tenant_id=tenant_id)
        of_usage = claimed.format == DocumentFormat.USAGE
        shown = usage_of(number, tenant_id=tenant_id) if of_usage else document
        letter = _letter(claimed, document, content=printers[claimed.format](shown))
        answer, outcome = sender.send(letter), Outcome.SENT
    except SentPerhaps as doubt:
        answer, outcome = doubt.reason, Outcome.UNSURE
    except DeliveryFailed as failure:
        answer, outcome = failure.reason, Outcome.NOT_SENT
    except Refusal as refusal:  # such as an invoice that no electronic format can say
        answer, outcome = refusal.sentence(), Outcome.NOT_SENT
    with acting_for(tenant_id):
        operations.settle_dispatch(dispatch_id, outcome=outcome, answer=answer, at=at)
    return outcome


def _letter(dispatch: Dispatch, document: InvoiceDocument, *, content: bytes) -> Letter:
    media_type, ending = _MEDIA[DocumentFormat(dispatch.format)]
    named = f"{document.number} · {document.seller.name}"
    return Letter(
        key=f"invoice:{dispatch.tenant_id}:{document.number}:{dispatch.channel}",
        address=dispatch.address,
        sender=document.seller.name,
        subject=named,
        text=f"{named}\n{document.total} {document.currency}, {document.due_on.isoformat()}\n",
        filename=f"{document.number.replace('/', '-')}.{ending}",
        media_type=media_type,
        content=content,
    )
