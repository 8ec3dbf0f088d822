"""Which bills of a run wait for a person, and what became of those that waited before.

A draft is what a payer would be billed, without a number. What a person approves is drawn up again
when it is issued, and issued only where it is the same line by line; else it waits again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

import polars as pl

from tallystick.base.money import EXACT
from tallystick.domain.invoices import drafts
from tallystick.domain.invoices.drafts import DRAFT_LINES, DRAFTS
from tallystick.domain.invoices.history import read_last_bills
from tallystick.domain.invoices.models import BillDraft, BillRules, DraftCause, DraftState
from tallystick.domain.tenants.models import Tenant
from tallystick.flows.drafting import Draft, hold

_SAID: Final = ("bill", "contract_id", "component_id", "purpose", "period_from", "period_to",
                "description", "quantity", "unit", "unit_price", "amount", "net",
                "tax_category", "tax_percent")  # fmt: skip
"""What makes a draft the same as another."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Of whom a run issues bills (None: of everybody), and whether it only drafts them."""

    payers: frozenset[int] | None = None
    hold_all: bool = False

    def among(self, due: pl.DataFrame) -> pl.DataFrame:
        """Those of the due accounts (`account_id`) that are chosen."""
        if self.payers is None:
            return due
        return due.filter(pl.col("account_id").is_in(self.payers))


NOTHING_ASKED: Final = Choice()


def hold_for_approval(
    draft: Draft, *, choice: Choice, tenant: Tenant, at: datetime
) -> tuple[Draft, int, list[str]]:
    """The draft less what waits for approval, and how many payers' bills that is.

    What waits is stored as drafts, what is approved marked as issued; the caller issues the rest in
    the same transaction. Drafts of before for which nothing is left to bill are taken away; whose
    they were comes last.
    """
    if choice.payers is not None:
        others = set(draft.task.contracts["payer"].to_list()) - choice.payers
        draft = hold(draft, payers=others)
    rules = drafts.rules_of(tenant)
    payers = draft.task.contracts["payer"].unique().to_list()
    known = drafts.living_drafts(payers)
    if not (choice.hold_all or known or drafts.hold_anything(rules)):
        return draft, 0, []
    gone = drafts.drop_drafts(_empty(draft, known=known), at=at)
    rows = list(_decide(draft, known=known, rules=rules, choice=choice))
    waiting = [row for row in rows if row["state"] != DraftState.APPROVED]
    drafts.mark_issued([known[row["account_id"], row["currency"]].id for row in rows
                        if row["state"] == DraftState.APPROVED], at=at)  # fmt: skip
    if not waiting:
        return draft, 0, gone
    held = sorted({row["account_id"] for row in waiting})
    drafts.store_drafts(
        pl.DataFrame(waiting, schema=DRAFTS),
        lines=_lines(draft, payers=held),
        tenant_id=tenant.id,
        at=at,
    )
    return hold(draft, payers=held), len(held), gone


def _empty(draft: Draft, *, known: dict[tuple[int, str], BillDraft]) -> Iterator[BillDraft]:
    """The drafts of before whose payers have no line in that currency now."""
    drawn = set(draft.heads().select("account_id", "currency").iter_rows())
    for key, one in known.items():
        if key not in drawn and key[0] not in draft.held:
            yield one


def _decide(
    draft: Draft,
    *,
    known: dict[tuple[int, str], BillDraft],
    rules: BillRules,
    choice: Choice,
) -> Iterator[dict[str, Any]]:
    """DRAFTS of the bills that wait or were approved; a payer's bills wait together."""
    heads = draft.heads()
    before = _last_totals(heads, draft)
    digests = _digests(draft)
    found: dict[int, list[dict[str, Any]]] = {}
    for head in heads.to_dicts():
        key = head["account_id"], head["currency"]
        last = before.get(key)
        cause = _cause(head["total"], last, rules=rules, choice=choice)
        state = DraftState.PENDING
        was = known.get(key)
        if was is not None:
            cause, state = DraftCause(was.cause), DraftState(was.state)
            if state == DraftState.APPROVED and was.digest != digests[key]:
                cause, state = DraftCause.CHANGED, DraftState.PENDING
        if cause is not None:
            row = {**head, "before": last, "cause": cause.value, "state": state.value}
            row |= {"digest": digests[key], "bill_date": draft.task.on}
            found.setdefault(head["account_id"], []).append(row)
    for rows in found.values():
        approved = all(row["state"] == DraftState.APPROVED for row in rows)
        for row in rows:
            if row["state"] == DraftState.APPROVED and not approved:
                row["state"] = DraftState.PENDING.value
            yield row


def _cause(
    total: Decimal, last: Decimal | None, *, rules: BillRules, choice: Choice
) -> DraftCause | None:
    """Why a bill of that total waits; None when it does not."""
    if choice.hold_all:
        return DraftCause.ASKED
    if rules.hold_over is not None and total > rules.hold_over:
        return DraftCause.OVER
    if last is None:
        return DraftCause.NEW if rules.hold_new else None
    if rules.hold_off_percent is not None:
        off = EXACT.multiply(EXACT.subtract(total, last).copy_abs(), Decimal(100))
        if off > EXACT.multiply(last.copy_abs(), Decimal(rules.hold_off_percent)):
            return DraftCause.OFF
    return None


def _last_totals(heads: pl.DataFrame, draft: Draft) -> dict[tuple[int, str], Decimal]:
    last = read_last_bills(until=draft.task.on, accounts=heads["account_id"].to_list())
    return {
        (account, currency): total
        for account, currency, total in last.select("account_id", "currency", "total").iter_rows()
    }


def _assembled(draft: Draft) -> pl.DataFrame:
    """The lines of all bills with `payer` and `currency`, in order."""
    payers = draft.task.contracts.select("bill", "payer").unique("bill")
    parts = [
        batch.lines.rename({"account_id": "bill"})
        .join(payers, on="bill", maintain_order="left")
        .with_columns(currency=pl.lit(currency))
        for currency, batch in draft.batches.items()
    ]
    return pl.concat(parts)


def _digests(draft: Draft) -> dict[tuple[int, str], str]:
    """What each payer's bills say, as a SHA-256, by payer and currency."""
    if not draft.batches:
        return {}
    said = pl.concat_str(
        [pl.col(name).cast(pl.String).fill_null("") for name in _SAID], separator="\x1f"
    )
    texts = (
        _assembled(draft)
        .group_by("payer", "currency", maintain_order=True)
        .agg(said.alias("said").str.join("\x1e"))
    )
    totals = {
        (payer, currency): total
        for payer, currency, total in draft.heads()
        .select("account_id", "currency", "total")
        .iter_rows()
    }
    # A levy is in no line's percentage, so the total is said too.
    return {
        (payer, currency): sha256(f"{text}\x1d{totals[payer, currency]}".encode()).hexdigest()
        for payer, currency, text in texts.iter_rows()
    }


def _lines(draft: Draft, *, payers: list[int]) -> pl.DataFrame:
    """DRAFT_LINES of these payers' bills."""
    lines = _assembled(draft).filter(pl.col("payer").is_in(payers))
    return lines.with_columns(account_id=pl.col("payer")).select(
        pl.col(name).cast(kind) for name, kind in DRAFT_LINES.items()
    )
