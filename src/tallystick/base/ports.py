"""What the inside asks of the outside: a gate answers, wiring joins the two."""

from typing import Protocol, TypeVar

Document = TypeVar("Document", contravariant=True)


class InvoicePrinter(Protocol[Document]):
    """Gives an invoice's document as a file, the same bytes for the same document."""

    def __call__(self, document: Document) -> bytes: ...
