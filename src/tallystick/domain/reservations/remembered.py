"""What subjects and sessions were a moment ago, so that a batch is locked and read in one go.

It is a guess: who a subject names is read anew for each request, and where what was read does not
bear the guess out, the batch is read again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from tallystick.base.charging import ChargeRequest
from tallystick.core.charge.online.state import AccountState, Served

REMEMBERED_MAX: Final = 200_000
"""Subjects, and sessions, that are remembered; beyond it all are learnt anew."""


class Guess(NamedTuple):
    """The accounts that a batch is taken to be about, and the cycles they are in."""

    accounts: frozenset[int]
    cycles: frozenset[date]


@dataclass(slots=True)
class Remembered:
    """The account and the cycle of each subject and session that was asked about lately."""

    _subjects: dict[tuple[str, str], tuple[int, date]] = field(default_factory=dict)
    _sessions: dict[str, tuple[int, date]] = field(default_factory=dict)

    def guess(self, requests: Sequence[ChargeRequest]) -> Guess | None:
        """What the requests are about; None where one names what is not remembered."""
        found = {
            self._subjects.get((request.subject_kind, request.subject))
            if request.subject
            else self._sessions.get(request.session)
            for request in requests
        }
        if None in found:
            return None
        known = [one for one in found if one is not None]
        return Guess(frozenset([one[0] for one in known]), frozenset([one[1] for one in known]))

    def note(
        self,
        requests: Sequence[ChargeRequest],
        *,
        served: Mapping[int, Served],
        homes: Mapping[str, int],
        accounts: Mapping[int, AccountState],
    ) -> None:
        """Remembers whom the requests named, by their position, and where sessions belong."""
        for held in (self._subjects, self._sessions):
            if len(held) > REMEMBERED_MAX:
                held.clear()
        for number, request in enumerate(requests):
            one = served.get(number)
            if one is not None:
                found = self._subjects[request.subject_kind, request.subject] = (
                    one.account_id, one.cycle_start
                )  # fmt: skip
                if request.session:
                    self._sessions[request.session] = found
            elif request.session in homes:
                account = accounts[homes[request.session]]
                cycle = account.sessions[request.session].cycle_start
                self._sessions[request.session] = (account.account_id, cycle)
