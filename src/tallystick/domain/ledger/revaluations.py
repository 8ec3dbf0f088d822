"""Foreign items by an evening, as the documents of what is open say it, and what they were valued.

What is open is told from invoices, payments and deposits with their days, not from the ledger, so
that the two prove each other.
"""

from datetime import date
from typing import Final

import polars as pl
from django.db import connection

from tallystick.core.invoice.assemble_batch import MONEY
from tallystick.core.post import chart
from tallystick.core.receive.revalue import ITEMS, VALUED
from tallystick.domain.tenants.bulk import insert_rows, new_ids, read_frame

BEFORE: Final = pl.Schema({**VALUED, "difference": MONEY})
"""What is known of an evening: VALUED, and what was posted of it."""

_INVOICES: Final = """
    SELECT tenant_id, account_id, id AS invoice_id, issued_on AS moved_on, total AS amount
    FROM invoices_invoice
    UNION ALL SELECT tenant_id, account_id, invoice_id, allocated_on, -amount
    FROM payments_allocation
    UNION ALL SELECT tenant_id, account_id, invoice_id, offset_on, -amount FROM invoices_offset
    UNION ALL SELECT tenant_id, account_id, credit_invoice_id, offset_on, amount
    FROM invoices_offset
    UNION ALL SELECT v.tenant_id, v.account_id, v.invoice_id, v.voided_on, -i.total
    FROM invoices_voidedinvoice v JOIN invoices_invoice i ON i.tenant_id = v.tenant_id
        AND i.account_id = v.account_id AND i.id = v.invoice_id
    UNION ALL SELECT tenant_id, account_id, invoice_id, written_off_on, -(loss + tax)
    FROM collections_writeoff
    UNION ALL SELECT tenant_id, account_id, invoice_id, recovered_on, loss + tax
    FROM collections_recovery
"""
"""What made and took from what is owed on each invoice, by day."""

_CREDIT: Final = """
    SELECT tenant_id, account_id, id AS payment_id, received_on AS moved_on, -amount AS amount
    FROM payments_payment
    UNION ALL SELECT tenant_id, account_id, payment_id, allocated_on, amount
    FROM payments_allocation
    UNION ALL SELECT tenant_id, account_id, payment_id, returned_on, amount
    FROM payments_paymentreturn
    UNION ALL SELECT f.tenant_id, f.account_id, f.payment_id, r.refunded_on, f.amount
    FROM payments_refundpart f JOIN payments_refund r ON r.tenant_id = f.tenant_id
        AND r.account_id = f.account_id AND r.id = f.refund_id
"""
"""What made and took from what is left of each payment, by day."""

_FOREIGN: Final = f"""
    SELECT account_id, ledger_account, currency, least(came_on, %s) AS day, sum(amount)
    FROM (
        SELECT m.account_id, '{chart.RECEIVABLE}' AS ledger_account, i.currency,
            i.issued_on AS came_on, m.moved_on, m.amount
        FROM ({_INVOICES}) m JOIN invoices_invoice i ON i.tenant_id = m.tenant_id
            AND i.account_id = m.account_id AND i.id = m.invoice_id
        UNION ALL
        SELECT m.account_id, '{chart.CUSTOMER_CREDIT}', p.currency, p.received_on, m.moved_on,
            m.amount
        FROM ({_CREDIT}) m JOIN payments_payment p ON p.tenant_id = m.tenant_id
            AND p.account_id = m.account_id AND p.id = m.payment_id
        UNION ALL
        SELECT account_id, '{chart.DEPOSITS}', currency, held_on, held_on, -amount
        FROM payments_deposit
        UNION ALL
        SELECT account_id, '{chart.DEPOSITS}', currency, held_on, ended_on, amount
        FROM payments_deposit WHERE ended_on IS NOT NULL
    ) item
    WHERE currency <> %s AND moved_on <= %s
        AND account_id IN (SELECT id FROM parties_account WHERE currency <> %s)
    GROUP BY 1, 2, 3, 4 HAVING sum(amount) <> 0 ORDER BY 1, 2, 3, 4
"""


def read_foreign_items(*, own: str, through: date) -> pl.DataFrame:
    """The ITEMS in other currencies than the operator's own that are open that evening.

    What pays an invoice before it is issued counts as of that evening.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM parties_account WHERE currency <> %s)", [own])
        (any_foreign,) = cursor.fetchone()
    if not any_foreign:
        return ITEMS.to_frame()
    return read_frame(_FOREIGN, [through, own, through, own], schema=ITEMS)


_LATEST: Final = """
    SELECT DISTINCT ON (r.account_id, r.ledger_account, r.currency) r.account_id,
        r.ledger_account, r.currency, r.balance, r.carried, r.worth, r.rate, r.said,
        r.worth - r.carried AS difference
    FROM ledger_revaluation r JOIN ledger_turn t ON t.tenant_id = r.tenant_id AND t.id = r.turn_id
    WHERE t.through = %s ORDER BY r.account_id, r.ledger_account, r.currency, r.turn_id DESC
"""


def read_revaluations(*, through: date) -> pl.DataFrame:
    """What foreign items were valued last for that evening (BEFORE), by account."""
    return read_frame(_LATEST, [through], schema=BEFORE)


def store_revaluations(valued: pl.DataFrame, *, tenant_id: int, turn_id: int) -> None:
    """Keeps VALUED and what was `posted` of each by that turning."""
    insert_rows(
        valued.select(
            pl.lit(tenant_id).alias("tenant_id"),
            new_ids("ledger_revaluation", count=valued.height).alias("id"),
            pl.lit(turn_id).alias("turn_id"),
            *VALUED.names(),
            "posted",
        ),
        table="ledger_revaluation",
    )
