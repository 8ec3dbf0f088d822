"""Whose counter it is, by scope: the account and contract that stand in its key.

A contract's own counter stands under its account and itself, an account's under contract 0. What
an organisation shares stands under its top account: as contract 0, or in a pool as less than 0,
minus the pool. A contract in no pool is a pool of its own.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from tallystick.core.tariff.nodes import Scope


def owner_of(
    scope: Scope, *, account_id: int, contract_id: int, organisation_id: int, pool_id: int | None
) -> tuple[int, int]:
    """The account and contract of the counter."""
    match scope:
        case Scope.ACCOUNT:
            return account_id, 0
        case Scope.ORGANISATION:
            return organisation_id, 0
        case Scope.POOL if pool_id is not None:
            return organisation_id, -pool_id
    return account_id, contract_id


def owner_in(row: Mapping[str, Any], *, scope: Scope) -> tuple[int, int]:
    """The account and contract of the counter of a row with MEMBERS."""
    return owner_of(
        scope,
        account_id=row["account_id"],
        contract_id=row["contract_id"],
        organisation_id=row["organisation_id"],
        pool_id=row["pool_id"],
    )


def with_owner() -> list[pl.Expr]:
    """The `owner_account` and `owner` of rows with MEMBERS by their `scope`, as `owner_of` says."""
    scope, pool = pl.col("scope"), pl.col("pool_id")
    pooled = (scope == Scope.POOL) & pool.is_not_null()
    above = (scope == Scope.ORGANISATION) | pooled
    account, contract = pl.col("account_id"), pl.col("contract_id")
    shared = scope.is_in([Scope.ACCOUNT, Scope.ORGANISATION])
    return [
        pl.when(above)
        .then(pl.coalesce("organisation_id", "account_id"))
        .otherwise(account)
        .alias("owner_account"),
        pl.when(shared).then(0).when(pooled).then(0 - pool).otherwise(contract).alias("owner"),
    ]
