"""What subjects and sessions were a moment ago, so that a batch is locked and read in one go.

It is a guess: who a subject names is read anew for each request, and where what was read does not
bear the guess out, the batch is read again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from tallystick.base.charging import ChargeRequest
from tallystick.core.charge.online.state import (
    AccountState,
    Owner,
    Served,
    Session,
    shared_owners,
)

REMEMBERED_MAX: Final = 200_000
"""Subjects, and sessions, that are remembered; beyond it all are learnt anew."""


class Place(NamedTuple):
    """Where a subject or a session belongs, and with whom it shares."""

    account_id: int
    cycle_start: date
    contract_id: int
    organisation_id: int | None = None
    pool_id: int | None = None


class Guess(NamedTuple):
    """The accounts that a batch is taken to be about, the cycles they are in, what they share."""

    accounts: frozenset[int]
    cycles: frozenset[date]
    owners: frozenset[Owner] = frozenset()
    """Whose counters are drawn from beyond the accounts' own."""
    counters: frozenset[Owner] = frozenset()
    """Whose counters there are in all; nobody's in particular where nothing is shared."""

    @property
    def locked(self) -> frozenset[int]:
        """The accounts to lock: these, and those whose counters they share."""
        return self.accounts | {account for account, _ in self.owners}

    def covers(self, places: Collection[Place]) -> bool:
        """Whether these were guessed; other cycles are read besides."""
        if not {one.account_id for one in places} <= self.accounts:
            return False
        if not self.owners:
            return all(one.organisation_id is None for one in places)
        return guess_of(places).owners <= self.owners and _own(places) <= self.counters


def guess_of(places: Collection[Place]) -> Guess:
    """What is locked and read for requests of these places."""
    accounts = frozenset([one.account_id for one in places])
    cycles = frozenset([one.cycle_start for one in places])
    owners: set[Owner] = set()
    for one in places:
        if one.organisation_id is not None:
            owners |= shared_owners(
                one.account_id, organisation_id=one.organisation_id, pool_id=one.pool_id
            )
    if not owners:
        return Guess(accounts, cycles)
    counters = frozenset(_own(places) | owners)
    return Guess(accounts, cycles, frozenset(owners), counters)


def _own(places: Collection[Place]) -> set[Owner]:
    return {(one.account_id, contract) for one in places for contract in (0, one.contract_id)}


def place_of(one: Served | Session) -> Place:
    """The place of whom a subject names, or of a session."""
    return Place(one.account_id, one.cycle_start, one.contract_id, one.organisation_id, one.pool_id)


@dataclass(slots=True)
class Remembered:
    """The place of each subject and session that was asked about lately."""

    _subjects: dict[tuple[str, str], Place] = field(default_factory=dict)
    _sessions: dict[str, Place] = field(default_factory=dict)

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
        return guess_of([one for one in found if one is not None])

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
                found = self._subjects[request.subject_kind, request.subject] = place_of(one)
                if request.session:
                    self._sessions[request.session] = found
            elif request.session in homes:
                session = accounts[homes[request.session]].sessions[request.session]
                self._sessions[request.session] = place_of(session)
