"""Accounts by organisation: the accounts of a task, whose organisations are never split."""

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
    here = Q(id__gte=first, id__lt=end)
    under = Q(organisation_id__gte=first, organisation_id__lt=end)
    below = Account.objects.filter(organisation_id__isnull=False)
    elsewhere = below.filter(here & ~under).values_list("id", flat=True)
    joining = below.filter(under & ~here).values_list("id", flat=True)
    return AccountRange(first, end, tuple(elsewhere), tuple(joining))
