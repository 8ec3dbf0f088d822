"""Telling others that usage from files went past a share of an allowance; part of a charge task.

The facts are those that online charging tells, under the same keys: of an allowance and a cycle
each share is told once, whoever notices it and however often its usage is rated again.
"""

from datetime import datetime

import polars as pl

from tallystick.core.charge.facts import Allowed, Fact
from tallystick.core.tariff.nodes import Scope
from tallystick.domain.balances.levels import tell_facts
from tallystick.domain.contracts.queries import pool_names


def tell_thresholds(crossed: pl.DataFrame, *, tenant_id: int, at: datetime) -> None:
    """Tells the shares of allowances (CROSSED) that use went past."""
    if crossed.is_empty():
        return
    pools = pool_names({-contract for contract in crossed["contract_id"] if contract < 0})
    facts: list[Fact] = []
    for *owner, _, cycle, code, scope, limit, before, after in crossed.iter_rows():
        account, contract = owner
        shared = f"pool {pools[-contract]}" if contract < 0 else ""
        if scope == Scope.ORGANISATION:
            shared = "organisation"
        allowed = Allowed((account, contract), code, cycle, limit, after, shared)
        facts += allowed.facts(before=before)
    tell_facts(facts, tenant_id=tenant_id, cause="", at=at)
