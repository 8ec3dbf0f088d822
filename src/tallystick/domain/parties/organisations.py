"""Accounts by organisation: the accounts of a task, whose organisations are never split."""

from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from tallystick.domain.parties.models import Account

Parameter = int | list[int]


class AccountRange(NamedTuple):
    """The accounts [first, end) without those of organisations elsewhere, and those that join."""

    first: int
    end: int
    elsewhere: tuple[int, ...] = ()
    joining: tuple[int, ...] = ()
    before: datetime | None = None
    """Usage that began then or later is not looked at; None = all of it is."""

    def within(self, column: str) -> tuple[str, list[Parameter]]:
        """The condition that the column names one of the accounts, and its parameters."""
        text = f"{column} >= %s AND {column} < %s"
        found: list[Parameter] = [self.first, self.end]
        if self.elsewhere:
            text, found = f"{text} AND {column} <> ALL(%s)", [*found, [*self.elsewhere]]
        if self.joining:
            text, found = f"({text} OR {column} = ANY(%s))", [*found, [*self.joining]]
        return text, found


def organisations_in(first: int, end: int) -> AccountRange:
    """All accounts of the organisations whose top account lies in [first, end)."""
    return _led_by("organisation_id", first, end)


def whole_organisations(accounts: list[int]) -> AccountRange:
    """These accounts and all of their organisations."""
    tops = Account.objects.filter(id__in=accounts).values_list("id", "organisation_id")
    leading = {top or one for one, top in tops}
    found = Account.objects.filter(Q(id__in=leading) | Q(organisation_id__in=leading))
    return AccountRange(0, 0, joining=tuple(found.order_by("id").values_list("id", flat=True)))


def payers_in(first: int, end: int) -> AccountRange:
    """All accounts whose bills go to an account in [first, end)."""
    return _led_by("payer_id", first, end)


def _led_by(leader: str, first: int, end: int) -> AccountRange:
    here = Q(id__gte=first, id__lt=end)
    under = Q(**{f"{leader}__gte": first, f"{leader}__lt": end})
    led = Account.objects.filter(**{f"{leader}__isnull": False})
    elsewhere = led.filter(here & ~under).order_by("id").values_list("id", flat=True)
    joining = led.filter(under & ~here).order_by("id").values_list("id", flat=True)
    return AccountRange(first, end, tuple(elsewhere), tuple(joining))


def payers() -> dict[int, int]:
    """Of every account that another pays for, who pays."""
    paid_for = Account.objects.filter(payer_id__isnull=False)
    return {one: payer for one, payer in paid_for.values_list("id", "payer_id") if payer}
