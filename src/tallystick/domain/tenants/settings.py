"""What the settings of an operator were and are: every value that was changed is kept."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tallystick.base.refusal import Refusal
from tallystick.domain.tenants.models import SettingVersion, Tenant

TAXES: Final = "taxes"
SHOWN_ON_DOCUMENTS: Final = ("name", "language", "brand")
"""The settings that a printed invoice shows: it shows them as they were when it was issued."""


@dataclass
class UnknownVersion(Refusal):
    code = "unknown_version_of_setting"
    setting: str = ""
    number: int = 0
    known: int = 0

    def sentence(self) -> str:
        return f"there is no {self.setting} {self.number}; the last is {self.known}"


@dataclass(frozen=True, slots=True)
class Change:
    """A setting's new value beside that of before, as text; None = there was none."""

    setting: str
    before: str | None
    after: str
    file: str


def as_text(value: Any) -> str:
    """A column's value as it is kept: text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def of_ladder(segment: str) -> str:
    """The setting that is the ladder of a segment."""
    return f"ladder {segment}"


def keep_change(change: Change, *, tenant: Tenant, at: datetime, after_invoice: int) -> int:
    """Adds the value to those that the setting had; gives its number."""
    kept = SettingVersion.objects.filter(setting=change.setting)
    last = kept.order_by("-number").values_list("number", flat=True).first() or 0
    rows = []
    if not last and change.before is not None:
        rows.append(_row(change.setting, 1, change.before, tenant=tenant, at=tenant.created_at))
        last = 1
    number = last + 1
    rows.append(
        _row(
            change.setting,
            number,
            change.after,
            tenant=tenant,
            at=at,
            file=change.file,
            after_invoice=after_invoice,
        )
    )
    SettingVersion.objects.bulk_create(rows)
    return number


def _row(
    setting: str,
    number: int,
    text: str,
    *,
    tenant: Tenant,
    at: datetime,
    file: str = "",
    after_invoice: int = 0,
) -> SettingVersion:
    return SettingVersion(
        tenant_id=tenant.id, setting=setting, number=number, file=file[:200], text=text,
        set_at=at, after_invoice=after_invoice,
    )  # fmt: skip


def versions_of(setting: str, *, tenant: Tenant, now: str | None) -> list[SettingVersion]:
    """Every value the setting had, the first first; `now` is the one of an unchanged setting."""
    kept = list(SettingVersion.objects.filter(setting=setting).order_by("number"))
    if kept or now is None:
        return kept
    return [_row(setting, 1, now, tenant=tenant, at=tenant.created_at)]


def texts_of(setting: str) -> list[str]:
    """What the setting said before, and says, if it was ever changed."""
    kept = SettingVersion.objects.filter(setting=setting).order_by("number")
    return list(kept.values_list("text", flat=True))


def text_when(setting: str, *, invoice_id: int, now: str) -> str:
    """What the setting said when that invoice was issued; `now` is what it says."""
    kept = SettingVersion.objects.filter(setting=setting, after_invoice__lt=invoice_id)
    held = kept.order_by("-number").values_list("text", flat=True).first()
    return now if held is None else held


def tenant_when(invoice_id: int, *, tenant_id: int) -> Tenant:
    """The operator as documents showed it when that invoice was issued; it is not to be saved."""
    shown = Tenant.objects.get(id=tenant_id)
    kept = SettingVersion.objects.filter(
        setting__in=SHOWN_ON_DOCUMENTS, after_invoice__lt=invoice_id
    )
    for version in kept.order_by("number"):
        value = json.loads(version.text) if version.setting == "brand" else version.text
        setattr(shown, version.setting, value)
    return shown
