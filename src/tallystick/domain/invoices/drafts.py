"""Bills that wait for approval: the rules that hold them, the drafts, what is decided of them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import polars as pl
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from tallystick.base.frames import QUANTITY
from tallystick.base.refusal import Refusal
from tallystick.core.invoice.assemble_batch import MONEY
from tallystick.domain.contracts.models import Contract
from tallystick.domain.invoices.models import OVER, BillDraft, BillRules, DraftLine, DraftState
from tallystick.domain.tenants.bulk import insert_rows, new_ids, read_frame, stage_rows
from tallystick.domain.tenants.models import Tenant

DRAFTS: Final = pl.Schema(
    {
        "account_id": pl.Int64(),  # who pays
        "bill_date": pl.Date(),
        "currency": pl.String(),
        "invoices": pl.Int64(),
        "net": MONEY,
        "tax": MONEY,
        "total": MONEY,
        "before": MONEY,
        "cause": pl.String(),
        "digest": pl.String(),
        "state": pl.String(),
    }
)
DRAFT_LINES: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "currency": pl.String(),
        "bill": pl.String(),
        "line_no": pl.Int64(),
        "contract_id": pl.Int64(),
        "period_from": pl.Date(),
        "period_to": pl.Date(),
        "description": pl.String(),
        "quantity": QUANTITY,
        "unit": pl.String(),
        "net": MONEY,
    }
)


@dataclass
class NoDraft(Refusal):
    code = "no_draft"
    account: str = ""

    def sentence(self) -> str:
        return (
            f"no bill of account {self.account!r} waits for approval; see: tallystick bill drafts"
        )


@dataclass
class DraftRejected(Refusal):
    code = "draft_rejected"
    account: str = ""
    reason: str = ""

    def sentence(self) -> str:
        return (
            f"the bill of {self.account!r} was rejected ({self.reason}); when that is mended: "
            f"tallystick bill redo {self.account}"
        )


@dataclass(frozen=True, slots=True)
class Waits:
    """What the rules hold; None and False hold nothing."""

    over: Decimal | None
    off_percent: int | None
    new: bool
    void_sent: bool
    bill_over: Decimal | None = None


def rules_of(tenant: Tenant) -> BillRules:
    """The operator's rules; those that hold nothing where it has none."""
    return BillRules.objects.first() or BillRules(tenant=tenant)


def refundable_origins() -> list[str]:
    """Where prepaid money came from that the operator gives back; none: it gives none back."""
    rules = BillRules.objects.first()
    return [] if rules is None else list(rules.refundable)


def set_refundable(origins: Sequence[str], *, tenant_id: int) -> None:
    """From now on prepaid money from there is given back where it is asked for."""
    BillRules.objects.update_or_create(
        tenant_id=tenant_id, defaults={"refundable": sorted(set(origins))}
    )


def hold_anything(rules: BillRules) -> bool:
    return rules.hold_over is not None or rules.hold_off_percent is not None or rules.hold_new


def set_rules(waits: Waits, *, tenant_id: int) -> BillRules:
    """The operator's rules from now on."""
    rules, _ = BillRules.objects.update_or_create(
        tenant_id=tenant_id,
        defaults={
            "hold_over": waits.over,
            "hold_off_percent": waits.off_percent,
            "hold_new": waits.new,
            "void_sent": waits.void_sent,
            "bill_over": waits.bill_over,
        },
    )
    return rules


def _living() -> QuerySet[Any]:
    """Drafts that wait; `spent` where no contract is due for them any more."""
    due = Contract.objects.filter(next_bill_on__lte=OuterRef("bill_date"))
    own = due.filter(account_id=OuterRef("account_id"), account__payer_id__isnull=True)
    paid_for = due.filter(account__payer_id=OuterRef("account_id"))
    living = BillDraft.objects.exclude(state__in=OVER).select_related("account__party")
    return living.annotate(spent=~Exists(own) & ~Exists(paid_for))


def is_spent(draft: BillDraft) -> bool:
    """Whether nothing is left to bill for it, as far as its contracts' days tell."""
    return bool(getattr(draft, "spent", False))


def drop_spent(payers: Collection[int] | None, *, at: datetime) -> list[str]:
    """Takes drafts away for which no contract is due; whose they were, by number.

    Their contracts were billed otherwise or have ended. `payers`: of these alone.
    """
    living = _living().filter(spent=True)
    if payers is not None:
        living = living.filter(account_id__in=payers)
    return drop_drafts(living.order_by("account__number"), at=at)


def drop_drafts(drafts: Iterable[BillDraft], *, at: datetime) -> list[str]:
    """These drafts wait no longer, for nothing is left to bill; whose they were, by number."""
    gone = list(drafts)
    decide(gone, state=DraftState.DROPPED, at=at, reason="nothing is left to bill")
    return list(dict.fromkeys(one.account.number for one in gone))


def living_drafts(payers: Sequence[int]) -> dict[tuple[int, str], BillDraft]:
    """The drafts of these accounts that are not issued, by account and currency."""
    if not BillDraft.objects.exclude(state__in=OVER).exists():
        return {}
    own = _living().filter(account_id__in=payers)
    return {(one.account_id, one.currency): one for one in own}


def mark_issued(ids: Sequence[int], *, at: datetime) -> None:
    """Notes that the bills of these drafts are issued, in the transaction that does so."""
    BillDraft.objects.filter(id__in=ids).update(state=DraftState.ISSUED, decided_at=at)


def store_drafts(
    drafts: pl.DataFrame, *, lines: pl.DataFrame, tenant_id: int, at: datetime
) -> None:
    """Puts these drafts (DRAFTS, DRAFT_LINES) in the place of those that the accounts had."""
    stage_rows(drafts, name="drafted", types=_TYPES)
    changed = ", ".join(f"{name} = d.{name}" for name in DRAFTS if name not in _KEY)
    same = " AND ".join(f"t.{name} = d.{name}" for name in _KEY)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE invoices_billdraft t SET {changed}, drafted_at = %s FROM drafted d"
            f" WHERE {same} AND t.state NOT IN ('issued', 'dropped')",
            [at],
        )
        cursor.execute("DROP TABLE drafted")
    known = _living_ids(drafts)
    new = drafts.join(known, on=_KEY, how="anti")
    insert_rows(
        new.with_columns(
            pl.lit(tenant_id).alias("tenant_id"),
            new_ids("invoices_billdraft", count=new.height).alias("id"),
            pl.lit("").alias("reason"),
            pl.lit(at).alias("drafted_at"),
        ),
        table="invoices_billdraft",
    )
    ids = _living_ids(drafts)
    DraftLine.objects.filter(draft_id__in=ids["draft_id"].to_list()).delete()
    insert_rows(
        lines.join(ids, on=_KEY)
        .drop("currency")
        .with_columns(pl.lit(tenant_id).alias("tenant_id")),
        table="invoices_draftline",
    )


_KEY: Final = ["account_id", "currency"]
_TYPES: Final = (
    "bigint", "date", "text", "integer", "numeric", "numeric", "numeric", "numeric", "text",
    "text", "text",
)  # fmt: skip


def _living_ids(drafts: pl.DataFrame) -> pl.DataFrame:
    return read_frame(
        "SELECT account_id, currency, id FROM invoices_billdraft"
        " WHERE state NOT IN ('issued', 'dropped') AND account_id = ANY(%s)",
        [drafts["account_id"].to_list()],
        schema={"account_id": pl.Int64, "currency": pl.String, "draft_id": pl.Int64},
    )


def list_drafts(*, issued: bool = False) -> list[BillDraft]:
    """The bills that wait, the largest first; or those that waited and are issued."""
    if issued:
        past = BillDraft.objects.filter(state=DraftState.ISSUED).select_related("account__party")
        return list(past.order_by("-decided_at", "-id"))
    return list(_living().order_by("-total", "account_id"))


def lines_of_draft(draft: BillDraft) -> list[DraftLine]:
    """What the draft would bill, in order."""
    own = DraftLine.objects.filter(account_id=draft.account_id, draft_id=draft.id)
    return list(own.select_related("contract__account").order_by("bill", "line_no"))


def drafts_of_account(account_id: int, *, number: str) -> list[BillDraft]:
    """The account's bills that wait, by currency.

    :raises NoDraft: when none waits
    """
    found = list(_living().filter(account_id=account_id).order_by("currency"))
    if not found:
        raise NoDraft(account=number)
    return found


def decide(
    drafts: Sequence[BillDraft], *, state: DraftState, at: datetime, reason: str = ""
) -> None:
    """Notes what a person decided of these drafts."""
    living = BillDraft.objects.exclude(state__in=OVER)
    living.filter(id__in=[one.id for one in drafts]).update(
        state=state, reason=reason, decided_at=at
    )
