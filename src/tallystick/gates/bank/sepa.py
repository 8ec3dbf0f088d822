"""SEPA files out: collections (pain.008) and refunds (pain.001), the same bytes each time.

The library names messages and stamps them by chance and by its own clock; both are replaced by
what the run or the refund says, and the result is held against the official schema.
"""

from decimal import Decimal
from typing import Any, Final

from lxml import etree
from sepaxml import SepaDD, SepaTransfer
from sepaxml.validation import try_valid_xml

from tallystick.domain.payments.models import Refund
from tallystick.flows.debit import PreparedRun

DEBIT_SCHEMA: Final = "pain.008.001.08"
TRANSFER_SCHEMA: Final = "pain.001.001.09"


def write_pain008(run: PreparedRun) -> bytes:
    """A run as a collection file, a batch for each sequence type."""
    own = run.creditor
    config = {
        "name": own.name,
        "IBAN": own.iban,
        "batch": True,
        "creditor_id": own.number,
        "currency": "EUR",
    }
    written = SepaDD(config | _bic(own.bic), schema=DEBIT_SCHEMA, clean=True)
    for line in run.lines:
        payment = {
            "name": line.debtor,
            "IBAN": line.iban,
            "amount": _cents(line.amount),
            "type": line.sequence,
            "collection_date": run.collect_on,
            "mandate_id": line.mandate,
            "mandate_date": line.signed_on,
            "description": f"{line.invoice} {line.account}",
            "endtoend_id": line.end_to_end,
        }
        written.add_payment(payment | _bic(line.bic))
    made = run.prepared_at.strftime("%Y-%m-%dT%H:%M:%S")
    return _named(written, schema=DEBIT_SCHEMA, message=run.message, made=made)


def write_pain001(refund: Refund) -> bytes:
    """A refund as a credit transfer file."""
    config = {"name": refund.payer, "IBAN": refund.payer_iban, "batch": True, "currency": "EUR"}
    written = SepaTransfer(config | _bic(refund.payer_bic), schema=TRANSFER_SCHEMA, clean=True)
    message = f"TSF{refund.id:012d}"
    written.add_payment(
        {
            "name": refund.name,
            "IBAN": refund.iban,
            "amount": _cents(refund.amount),
            "execution_date": refund.refunded_on,
            "description": f"Refund {refund.key}",
            "endtoend_id": message,
        }
    )
    made = refund.recorded_at.strftime("%Y-%m-%dT%H:%M:%S")
    return _named(written, schema=TRANSFER_SCHEMA, message=message, made=made)


def _bic(number: str) -> dict[str, str]:
    return {"BIC": number} if number else {}


def _cents(amount: Decimal) -> int:
    cents = amount * 100
    assert cents == int(cents)
    return int(cents)


def _named(written: Any, *, schema: str, message: str, made: str) -> bytes:
    """The file with names and the instant that were given to it."""
    tree = etree.fromstring(written.export(validate=False))
    for node in tree.iterfind(".//{*}GrpHdr/{*}MsgId"):
        node.text = message
    for node in tree.iterfind(".//{*}GrpHdr/{*}CreDtTm"):
        node.text = made
    for place, node in enumerate(tree.iterfind(".//{*}PmtInf/{*}PmtInfId"), start=1):
        node.text = f"{message}-{place}"
    content: bytes = etree.tostring(tree, xml_declaration=True, encoding="UTF-8")
    try_valid_xml(content, schema)
    return content
