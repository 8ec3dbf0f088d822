"""Who shares: what an organisation's contracts hold in a cycle, and that it is rated as one."""

from collections.abc import Iterator, Sequence
from typing import Final

import polars as pl

from tallystick.core.charge.buckets import sized_offers
from tallystick.core.charge.frames import MEMBERS, PERIODS
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.tariff.nodes import Scope
from tallystick.core.tariff.plan import PlanAllowance, PlanUsage
from tallystick.domain.reservations.sharing import Offered
from tallystick.flows.cycles import contract_cycle_end, contract_cycle_start
from tallystick.flows.own_prices import OwnPrices


def sharing_periods(
    events: pl.DataFrame, *, terms: pl.DataFrame, plans: Sequence[DatedPlan]
) -> pl.DataFrame | None:
    """PERIODS with MEMBERS of the contracts whose allowances' size depends on them.

    For the cycles that the events are in; None where no size depends on anything.
    """
    offers = {offer for dated in plans for offer in sized_offers(dated.plan)}
    held = terms.filter(pl.col("offer_id").is_in(offers))
    if held.is_empty():
        return None
    day = pl.col("cycle_start")
    return (
        held.join(events.select("cycle_start").unique(), how="cross")
        .filter(contract_cycle_start(day) == day)
        .with_columns(cycle_end=contract_cycle_end(day))
        .with_columns(
            served_from=pl.max_horizontal("valid_from", "cycle_start"),
            served_to=pl.min_horizontal("valid_to", "cycle_end"),
        )
        .filter(pl.col("served_from") < pl.col("served_to"))
        .select(*PERIODS, *MEMBERS)
    )


def keep_together(again: pl.DataFrame, *, terms: pl.DataFrame) -> pl.DataFrame:
    """AGAIN, where one account of an organisation takes all of them and the one at the top."""
    below = terms.select("account_id", "organisation_id").unique()
    top = below.select(account_id="organisation_id", organisation_id="organisation_id")
    organisations = pl.concat([below, top]).unique()
    first = (
        again.join(organisations, on="account_id")
        .group_by("organisation_id")
        .agg(pl.col("cycle_from").min())
    )
    whole = organisations.join(first, on="organisation_id").select("account_id", "cycle_from")
    both = pl.concat([again.select(whole.columns), whole]).group_by("account_id")
    return both.agg(pl.col("cycle_from").min()).sort("account_id")


def in_parts(again: pl.DataFrame, *, terms: pl.DataFrame, accounts: int) -> Iterator[pl.DataFrame]:
    """AGAIN kept together, in parts of about so many accounts that split no organisation."""
    tops = terms.select("account_id", "organisation_id").unique("account_id")
    placed = keep_together(again, terms=terms).join(tops, on="account_id", how="left")
    placed = placed.with_columns(pl.coalesce("organisation_id", "account_id"))
    placed = placed.sort("organisation_id", "account_id").with_row_index("place")
    number = pl.col("place").first().over("organisation_id") // accounts
    for part in placed.with_columns(number.alias("part")).partition_by("part", maintain_order=True):
        yield part.select("account_id", "cycle_from")


WIDE: Final = frozenset({Scope.POOL, Scope.ORGANISATION})


def offered_by(plans: Sequence[DatedPlan], *, own: OwnPrices) -> Offered:
    """What online charging asks of all versions: which offers share, and which sizes vary."""
    shared: dict[int, frozenset[Scope]] = {}
    sized: dict[int, tuple[int, frozenset[Scope]]] = {}
    offers = [offer for dated in plans for offer in dated.plan.offers.values()]
    # The components of a variant are those of its offer, whose identity is above zero.
    homes = {part.id: offer.id for offer in offers if offer.id > 0 for part in offer.allowances}
    for offer in offers:
        parts: list[PlanAllowance | PlanUsage] = [*offer.allowances, *offer.usages]
        if wide := WIDE.intersection(part.scope for part in parts):
            shared[offer.id] = shared.get(offer.id, frozenset()) | wide
        for part in offer.allowances:
            if part.sized:
                _, scopes = sized.get(offer.id, (0, frozenset()))
                sized[offer.id] = (homes[part.id], scopes | {part.scope})
    return Offered(own.offer_on, shared, sized)
