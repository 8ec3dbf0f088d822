"""The worklist of bills: approve, reject, draw up again. Approved bills are issued at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tallystick.base.progress import Progress, silent
from tallystick.domain.invoices import drafts
from tallystick.domain.invoices.drafts import DraftRejected
from tallystick.domain.invoices.models import BillDraft, DraftState
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.hold import Choice
from tallystick.flows.invoice import BillReport, run_bills


@dataclass(frozen=True, slots=True)
class Approval:
    """What was approved (or would be), and what came of it, a bill date each."""

    approved: tuple[BillDraft, ...]
    reports: tuple[BillReport, ...]


def approve_bills(
    accounts: Sequence[str] | None,
    *,
    tenant_id: int,
    at: datetime,
    rehearse: bool = False,
    progress: Progress = silent,
) -> Approval:
    """Approves the bills of these accounts (None: all that wait) and issues them.

    What is no longer as it was approved waits again; what nothing is left of is taken away. Bills
    are dated by the day they were drafted for. Told again after a stop it goes on.

    :raises UnknownAccount: when no account has one of the numbers
    :raises NoDraft: when nothing of an account waits
    :raises DraftRejected: when an account's bill was rejected
    :raises AlreadyRunning: while another bill run or a charge run of the operator runs
    :raises BooksClosed: when the day they are dated lies in a closed period
    """
    with acting_for(tenant_id):
        found = _waiting(accounts)
        rejected = [one for one in found if one.state == DraftState.REJECTED]
        if rejected and accounts is not None:
            raise DraftRejected(account=rejected[0].account.number, reason=rejected[0].reason)
        chosen = [one for one in found if one.state != DraftState.REJECTED]
        if rehearse:
            return Approval(tuple(chosen), ())
        drafts.decide(chosen, state=DraftState.APPROVED, at=at)
    return Approval(tuple(chosen), _bill(chosen, tenant_id=tenant_id, at=at, progress=progress))


def reject_bills(
    accounts: Sequence[str], *, reason: str, tenant_id: int, at: datetime
) -> list[BillDraft]:
    """The bills of these accounts are not issued until they are drawn up again.

    :raises UnknownAccount: when no account has one of the numbers
    :raises NoDraft: when nothing of an account waits
    """
    with acting_for(tenant_id):
        found = _waiting(accounts)
        drafts.decide(found, state=DraftState.REJECTED, at=at, reason=reason)
        return found


def redo_bills(accounts: Sequence[str], *, tenant_id: int, at: datetime) -> list[BillDraft]:
    """Draws the waiting bills of these accounts up again, as things stand; they wait as before.

    Those for which nothing is left to bill are taken away.

    :raises UnknownAccount: when no account has one of the numbers
    :raises NoDraft: when nothing of an account waits
    :raises AlreadyRunning: while another bill run or a charge run of the operator runs
    """
    with acting_for(tenant_id):
        found = _waiting(accounts)
        drafts.decide(found, state=DraftState.PENDING, at=at)
    _bill(found, tenant_id=tenant_id, at=at, progress=silent)
    with acting_for(tenant_id):
        living = drafts.living_drafts([one.account_id for one in found])
        return [living[one.account_id, one.currency] for one in found
                if (one.account_id, one.currency) in living]  # fmt: skip


def _waiting(accounts: Sequence[str] | None) -> list[BillDraft]:
    if accounts is None:
        return drafts.list_drafts()
    found = []
    for number in dict.fromkeys(accounts):
        found += drafts.drafts_of_account(account_numbered(number).id, number=number)
    return found


def _bill(
    chosen: Sequence[BillDraft], *, tenant_id: int, at: datetime, progress: Progress
) -> tuple[BillReport, ...]:
    """Runs the bills of these drafts' payers, a bill date after the other."""
    reports = []
    for on in sorted({one.bill_date for one in chosen}):
        payers = frozenset(one.account_id for one in chosen if one.bill_date == on)
        choice = Choice(payers=payers)
        reports.append(
            run_bills(tenant_id=tenant_id, on=on, at=at, choice=choice, progress=progress)
        )
    return tuple(reports)
