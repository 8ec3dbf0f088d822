"""Another operator file in the place of that which an operator was opened from.

What may change is changed for all that comes; what invoices and books rest on stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tallystick.base.refusal import Refusal
from tallystick.domain.collections.models import Ladder
from tallystick.domain.invoices.models import Invoice
from tallystick.domain.ledger.models import Entry
from tallystick.domain.parties.models import Account
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.tenants.settings import Change, as_text, keep_change, of_ladder
from tallystick.flows.acquire import set_ladder
from tallystick.flows.invoice import BILLING
from tallystick.flows.tax_table import issued_so_far

CHANGING: Final = (
    "name", "industry", "language", "payment_days", "brand", "quarantine", "exchange_at",
)  # fmt: skip
"""Settings that may change whenever it is."""

NEVER: Final = ("country", "currency", "zone")
"""Settings that stay from the day on which an operator is opened."""

UNTIL_POSTED: Final = ("rounding", "tax_place", "tax_rounding", "prices_include_tax")
"""Settings that may change until the first invoice, or anything else, is in the books."""


@dataclass
class SettingsStay(Refusal):
    """All that a file says otherwise and may not be changed, or not in this way."""

    code = "settings_stay"
    problems: tuple[str, ...] = ()

    def sentence(self) -> str:
        return "\n".join(self.problems)


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator file says: `columns` are the operator's, ladders are texts by segment."""

    file: str
    code: str
    columns: Mapping[str, Any]
    ladders: Mapping[str, str]


def change_settings(
    wanted: Settings,
    *,
    tenant_id: int,
    at: datetime,
    for_issued: bool = False,
    keep: bool = True,
) -> tuple[Change, ...]:
    """Makes the operator's settings those of the file; what changed. Without `keep` only says so.

    What documents show of it they show of what is issued from now on, or, `for_issued`, also of
    what was issued before: a mistake is mended, such as a tax number that was left out.

    The tax table has a door of its own: see `publish_taxes`.

    :raises SettingsStay: with all that the file says otherwise and may not
    :raises AlreadyRunning: while a bill run of the operator runs
    """
    with only_one(BILLING, tenant_id=tenant_id), acting_for(tenant_id):
        tenant = Tenant.objects.select_for_update().get(id=tenant_id)
        ladders = dict(Ladder.objects.order_by("segment").values_list("segment", "source"))
        posted = Invoice.objects.exists() or Entry.objects.exists()
        problems = _problems(wanted, tenant=tenant, ladders=ladders, posted=posted)
        if problems:
            raise SettingsStay(problems=tuple(problems))
        columns = {
            name: wanted.columns[name]
            for name in (*CHANGING, *UNTIL_POSTED)
            if wanted.columns[name] != getattr(tenant, name)
        }
        changes = [
            Change(name, as_text(getattr(tenant, name)), as_text(value), wanted.file)
            for name, value in columns.items()
        ]
        changes += _ladder_changes(wanted, ladders=ladders)
        if keep and changes:
            mark = 0 if for_issued else issued_so_far()
            for change in changes:
                keep_change(change, tenant=tenant, at=at, after_invoice=mark)
            Tenant.objects.filter(id=tenant_id).update(**columns)
            for segment, text in wanted.ladders.items():
                set_ladder(tenant_id=tenant_id, segment=segment, text=text)
            Ladder.objects.filter(segment__in={*ladders} - {*wanted.ladders}).delete()
        return tuple(changes)


def _problems(
    wanted: Settings, *, tenant: Tenant, ladders: Mapping[str, str], posted: bool
) -> list[str]:
    """A sentence for each thing that the file says and that cannot be."""
    told = []
    if wanted.code != tenant.code:
        told.append(
            f"code is {wanted.code} and this operator is {tenant.code}; name the one that is "
            "meant with --operator, or open another: tallystick operator open FILE"
        )
    for name in (*NEVER, *(UNTIL_POSTED if posted else ())):
        before, after = getattr(tenant, name), wanted.columns[name]
        if before != after:
            told.append(
                f"{name} is {as_text(before) or 'empty'} and stays so: what is in the books rests "
                f"on it; for {as_text(after) or 'none'} open another operator"
            )
    if wanted.columns["taxes"] != tenant.taxes:
        told.append(
            "taxes: the table is not the one in force; look at it and publish it by itself: "
            "tallystick taxes publish FILE --dry-run"
        )
    if wanted.columns["clock"] != tenant.clock:
        told.append(
            f"rehearsal: the operator lives by a {tenant.clock} clock and goes on so; leave the "
            "word as it was"
        )
    for segment in sorted({*ladders} - {*wanted.ladders}):
        count = Account.objects.filter(segment=segment, house=False).count()
        if count:
            told.append(
                f"ladders: {segment} has none here and {count} accounts of it would never be "
                "reminded; name its ladder"
            )
    return told


def _ladder_changes(wanted: Settings, *, ladders: Mapping[str, str]) -> list[Change]:
    return [
        Change(
            of_ladder(segment), ladders.get(segment), wanted.ladders.get(segment, ""), wanted.file
        )
        for segment in sorted({*ladders, *wanted.ladders})
        if ladders.get(segment) != wanted.ladders.get(segment)
    ]
