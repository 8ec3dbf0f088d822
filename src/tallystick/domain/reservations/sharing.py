"""What a batch reads of counters that several contracts draw from, and of who they are.

Only where a request shares: by counter and by sums over members, never a row for each member.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from tallystick.core.charge.buckets import MemberDays
from tallystick.core.charge.online.state import (
    AccountState,
    Owner,
    Served,
    Session,
    SharedCounters,
    shared_owners,
)
from tallystick.core.charge.owners import owner_of
from tallystick.core.tariff.nodes import Scope
from tallystick.domain.reservations.link import Row, Step

OfferOf = Callable[[int, int, date], int]
"""(contract, offer, day) -> the offer with the contract's own prices."""

COUNTERS: Final = """
    SELECT c.account_id, c.contract_id, c.component_id, c.cycle_start, c.used::text,
        CASE WHEN c.held <> 0 THEN c.held::text END
    FROM json_to_recordset($2) AS w (a bigint, c bigint)
    JOIN balances_counter c ON c.tenant_id = $1 AND c.account_id = w.a AND c.contract_id = w.c
        AND c.cycle_start = ANY($3)
    ORDER BY c.account_id, c.contract_id, c.component_id, c.cycle_start FOR NO KEY UPDATE OF c
"""
"""In the order in which everybody locks counters."""

GRANTS: Final = """
    SELECT g.account_id, g.contract_id, g.component_id, g.cycle_start, sum(g.quantity)::text
    FROM json_to_recordset($2) AS w (a bigint, c bigint)
    JOIN balances_rolledover g ON g.tenant_id = $1 AND g.account_id = w.a AND g.contract_id = w.c
        AND g.cycle_start = ANY($3)
    GROUP BY 1, 2, 3, 4
"""
POOLS: Final = """
    SELECT id, pool FROM contracts_contract WHERE tenant_id = $1 AND id = ANY($2::bigint[])
"""
_CYCLE_DAY: Final = """CASE WHEN w.d < c.cycle_since THEN c.cycle_day_before ELSE c.cycle_day END"""
_CONTRACT: Final = "SELECT c.id, c.cycle_day, c.cycle_since, c.cycle_day_before"
MEMBERS: Final = f"""
    SELECT w.n, days.* FROM json_to_recordset($2)
        AS w (n integer, k text, a bigint, c bigint, o bigint, d date)
    CROSS JOIN LATERAL (
        SELECT max(cycle_end) - w.d, sum(cycle_end - w.d), sum(until - w.d),
            sum(cycle_end - since), sum(until - since), max(until) - w.d,
            max(cycle_end) - min(since), max(until) - min(since)
        FROM (
            SELECT e.cycle_end, h.since, h.until FROM (
                {_CONTRACT} FROM contracts_contract c
                WHERE w.k = 'contract' AND c.tenant_id = $1 AND c.id = w.c
                UNION ALL {_CONTRACT} FROM contracts_contract c
                WHERE w.k = 'account' AND c.tenant_id = $1 AND c.account_id = w.a
                UNION ALL {_CONTRACT} FROM contracts_contract c
                WHERE w.k = 'pool' AND c.tenant_id = $1 AND c.pool_id = -w.c AND w.a = (
                    SELECT coalesce(p.organisation_id, p.id) FROM parties_account p
                    WHERE p.tenant_id = $1 AND p.id = c.account_id)
                UNION ALL {_CONTRACT} FROM parties_account p
                JOIN contracts_contract c ON c.tenant_id = p.tenant_id AND c.account_id = p.id
                WHERE w.k = 'organisation' AND p.tenant_id = $1
                    AND (p.id = w.a OR p.organisation_id = w.a)
            ) c
            CROSS JOIN LATERAL (
                SELECT {_CYCLE_DAY} AS day, date_trunc('month', w.d)::date AS month
            ) m
            CROSS JOIN LATERAL (
                SELECT m.month + least(m.day, (m.month + interval '1 month')::date - m.month)::int
                        - 1 AS this,
                    (m.month + interval '1 month')::date + least(m.day,
                        (m.month + interval '2 months')::date
                        - (m.month + interval '1 month')::date)::int - 1 AS following
            ) s
            CROSS JOIN LATERAL (
                SELECT CASE WHEN s.this > w.d THEN s.this ELSE s.following END AS cycle_end
            ) e
            CROSS JOIN LATERAL (
                SELECT min(greatest(o.valid_from, w.d)) AS since,
                    max(least(o.valid_to, e.cycle_end)) AS until
                FROM contracts_contractoffer o
                WHERE o.tenant_id = $1 AND o.contract_id = c.id AND o.offer_id = w.o
                    AND o.valid_from < e.cycle_end
                    AND (o.valid_to IS NULL OR o.valid_to > greatest(o.valid_from, w.d))
            ) h
            WHERE (s.this = w.d OR c.cycle_since = w.d) AND h.since IS NOT NULL
        ) member
    ) days
"""
"""How many days of a cycle the members of a bucket are served, as `core.charge.buckets` counts.

What each member holds is looked up by itself: without statistics a join may be planned the long way
round, and members are thousands.
"""

_KINDS: Final = {
    Scope.CONTRACT: "contract",
    Scope.ACCOUNT: "account",
    Scope.POOL: "pool",
    Scope.ORGANISATION: "organisation",
}


@dataclass(frozen=True, slots=True)
class Offered:
    """What the published prices say of offers, as reading a batch asks it."""

    offer_of: OfferOf
    shared: Mapping[int, frozenset[Scope]]
    """By offer, how its components share beyond an account."""
    sized: Mapping[int, tuple[int, frozenset[Scope]]]
    """By offer, itself without own prices, and the scopes of allowances whose size depends on who
    has them."""


def place_shared(
    owners: Iterable[Owner], ones: Iterable[Served | Session], accounts: Mapping[int, AccountState]
) -> dict[Owner, SharedCounters]:
    """Gives the accounts the counters they share, still empty; an owner's are its own too."""
    shared = {owner: SharedCounters("organisation") for owner in owners}
    for owner, counters in shared.items():
        if owner[0] in accounts:
            accounts[owner[0]].shared[owner] = counters
    for one in ones:
        if one.organisation_id is not None:
            for owner in shared_owners(
                one.account_id, organisation_id=one.organisation_id, pool_id=one.pool_id
            ):
                accounts[one.account_id].shared[owner] = shared[owner]
    return shared


def name_pools(shared: Mapping[Owner, SharedCounters], pools: Iterable[Row]) -> None:
    """Says by which name people know the pools."""
    names: dict[int, str] = dict(pools)
    for (_, contract), counters in shared.items():
        if contract < 0:
            counters.name = f"pool {names[-contract]}"


Sizes = dict[tuple[Scope, Owner, int, date], dict[str, Any]]
"""By scope, owner, offer and cycle, what is asked about members: an account at the top has counters
of its own and of its organisation alike."""


def sizes_asked(ones: Iterable[Served | Session], *, offered: Offered) -> Sizes:
    """Of which buckets the size depends on who has them."""
    asked: Sizes = {}
    for one in ones:
        offer, scopes = offered.sized.get(one.offer_id, (0, frozenset[Scope]()))
        for scope in scopes:
            owner = owner_of(
                scope,
                account_id=one.account_id,
                contract_id=one.contract_id,
                organisation_id=one.organisation_id or one.account_id,
                pool_id=one.pool_id,
            )
            alone = scope is Scope.POOL and one.pool_id is None
            asked[scope, owner, one.offer_id, one.cycle_start] = {
                "k": "contract" if alone else _KINDS[scope], "a": owner[0], "c": owner[1],
                "o": offer, "d": one.cycle_start.isoformat(),
            }  # fmt: skip
    return asked


def ask_sizes(sizes: Sizes, *, tenant: bytes) -> Step:
    """The statement that answers them."""
    wanted = [{"n": n, **row} for n, row in enumerate(sizes.values())]
    return (MEMBERS, [tenant, json.dumps(wanted).encode()])


def read_sizes(sizes: Sizes, rows: Iterable[Row], accounts: Mapping[int, AccountState]) -> None:
    """Tells all accounts the sizes of what they may draw from."""
    keys = list(sizes)
    for number, *days in rows:
        if days[0] is None:
            continue  # nobody holds the offer in that cycle
        cycle, *added, until, since, both = map(int, days)
        members = MemberDays(
            cycle,
            dict(zip(_PRORATED, added, strict=True)),
            dict(zip(_PRORATED, (cycle, until, since, both), strict=True)),
        )
        for state in accounts.values():
            state.members[keys[number]] = members


_PRORATED: Final = ((False, False), (False, True), (True, False), (True, True))
"""Whether the start counts, and the end."""
