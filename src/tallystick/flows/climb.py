"""Up the ladder: the steps of one span of late accounts, found and taken as frames."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import polars as pl

from tallystick.base.money import minor_decimals
from tallystick.core.invoice.assemble_batch import MONEY
from tallystick.core.post import chart
from tallystick.core.recover.ladder import Action, Ladder, LadderStep
from tallystick.core.recover.ladder_batch import next_steps_batch
from tallystick.domain.collections import tables
from tallystick.domain.collections.operations import RESTORE
from tallystick.domain.collections.tables import Span
from tallystick.domain.contracts.models import ServiceState
from tallystick.domain.contracts.operations import end_contracts
from tallystick.domain.contracts.queries import running_contracts
from tallystick.domain.contracts.tables import move_services
from tallystick.domain.inventory.operations import end_assignments
from tallystick.domain.invoices.operations import store_one_offs
from tallystick.domain.outbox.tables import store_orders
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.equipment import ask_for_equipment
from tallystick.flows.leave import charge_leaving
from tallystick.flows.write_off import Given, write_off

_ACTIVE, _RESTRICTED = ServiceState.ACTIVE, ServiceState.RESTRICTED
_SUSPENDED = ServiceState.SUSPENDED

CUTS: Final = {
    Action.RESTRICT: ("restrict", (_ACTIVE,), _RESTRICTED),
    Action.SUSPEND: ("suspend", (_ACTIVE, _RESTRICTED), _SUSPENDED),
    Action.DISCONNECT: ("suspend", (_ACTIVE, _RESTRICTED), _SUSPENDED),
    Action.TERMINATE: ("end", (_ACTIVE, _RESTRICTED, _SUSPENDED), ServiceState.ENDED),
}
"""What an action tells the network, of services in which states, and what they become."""

STEPS_TAKEN: Final = pl.Schema(
    {
        "account": pl.String(),
        "step": pl.String(),
        "action": pl.String(),
        "overdue": MONEY,
        "currency": pl.String(),
        "days": pl.Int64(),
    }
)
"""Steps that were taken, in the order of their accounts."""


@dataclass(frozen=True, slots=True)
class Climbed:
    """What a span's accounts did: how many are late, their STEPS_TAKEN, who has no ladder."""

    late: int
    taken: pl.DataFrame
    without_ladder: tuple[str, ...]


def climb_span(
    span: Span, *, ladders: Mapping[str, Ladder], tenant_id: int, on: date, at: datetime
) -> Climbed:
    """Takes the span's late accounts the steps their ladders say: one transaction."""
    with acting_for(tenant_id):
        tables.hold_late(span, on=on)
        late = tables.read_late_accounts(span, on=on)
        taken = [STEPS_TAKEN.to_frame()]
        without = late.filter(~pl.col("segment").is_in(list(ladders)))
        debts, cases = tables.read_debts(span, on=on), tables.read_cases(span, on=on)
        last = tables.read_last_actions(span)
        restored = pl.col("action") == RESTORE
        # Who was restored today does not climb before tomorrow: a step is noted once a day.
        spared = last.filter(restored & (pl.col("taken_on") == on))
        for (segment,), own in late.group_by("segment", maintain_order=True):
            ladder = ladders.get(str(segment))
            if ladder is None:
                continue
            steps = next_steps_batch(
                debts.join(own, on="account_id", how="semi").join(
                    spared, on="account_id", how="anti"
                ),
                cases=cases,
                standing=last.filter(~restored).join(own, on="account_id", how="semi"),
                places=own,
                ladder=ladder,
                on=on,
            )
            if not steps.is_empty():
                climb = _Climb(ladder, tenant_id=tenant_id, on=on, at=at)
                taken.append(climb.take(steps, accounts=own, debts=debts))
        return Climbed(late.height, pl.concat(taken), tuple(without["number"]))


class _Climb:
    """The steps of one ladder on one day, being taken."""

    def __init__(self, ladder: Ladder, *, tenant_id: int, on: date, at: datetime) -> None:
        self._ladder, self._tenant_id, self._on, self._at = ladder, tenant_id, on, at

    def take(
        self, steps: pl.DataFrame, *, accounts: pl.DataFrame, debts: pl.DataFrame
    ) -> pl.DataFrame:
        """Notes and carries out these TAKEN steps of LATE accounts; gives STEPS_TAKEN."""
        named = self._with_episodes(
            steps.join(accounts, on="account_id", maintain_order="left").join(
                self._steps(), on="place", maintain_order="left"
            ),
            debts,
        ).sort("account_id", "place", maintain_order=True)
        decimals = minor_decimals(self._ladder.currency)
        named = named.with_columns(written=pl.col("overdue").cast(pl.Decimal(38, decimals)))
        days = pl.col("days").cast(pl.String)
        detail = pl.format(
            "{} {} overdue for {} days", "written", pl.lit(self._ladder.currency), days
        )
        tables.store_actions(
            named.with_columns(detail=detail), tenant_id=self._tenant_id, on=self._on
        )
        self._charge_fees(named)
        self._tell(named)
        for place, step in enumerate(self._ladder.steps):
            own = named.filter(pl.col("place") == place)
            if not own.is_empty():
                self._act(step, own)
        return named.select(pl.col(name if name != "account" else "number").alias(name)
                            for name in STEPS_TAKEN)  # fmt: skip

    def _steps(self) -> pl.DataFrame:
        return pl.DataFrame(
            [
                (place, step.name, step.action.value, step.how, step.fee)
                for place, step in enumerate(self._ladder.steps)
            ],
            schema={
                "place": pl.Int64, "step": pl.String, "action": pl.String, "how": pl.String,
                "fee": MONEY,
            },
            orient="row",
        )  # fmt: skip

    def _with_episodes(self, named: pl.DataFrame, debts: pl.DataFrame) -> pl.DataFrame:
        new = named.filter(pl.col("episode_id").is_null()).select("account_id").unique()
        if new.is_empty():
            return named
        oldest = debts.group_by("account_id").agg(oldest=pl.col("due_on").min())
        opened = tables.open_episodes(
            new.join(oldest, on="account_id").sort("account_id"),
            tenant_id=self._tenant_id,
            on=self._on,
        )
        return named.join(opened, on="account_id", how="left").with_columns(
            episode_id=pl.coalesce("episode_id", "opened")
        )

    def _charge_fees(self, named: pl.DataFrame) -> None:
        store_one_offs(
            named.filter(pl.col("fee") > 0).select(
                "account_id",
                key=pl.format("fee:{}:{}:{}", "episode_id", "step", pl.lit(str(self._on))),
                description=pl.lit("Late payment fee"),
                amount="fee",
                tax_category=pl.lit(self._ladder.fee_tax),
                revenue_account=pl.lit(chart.FEES),
                charged_on=pl.lit(self._on),
            ),
            tenant_id=self._tenant_id,
        )

    def _tell(self, named: pl.DataFrame) -> None:
        """Reminders to the mail, and what is handed over to the agency."""
        ports = {Action.REMIND.value: "mail", Action.HAND_OVER.value: "agency"}
        told = named.filter(pl.col("action").is_in(list(ports)))
        payload = pl.struct(
            "how", "currency", "days", to=pl.col("email"), overdue=pl.col("written").cast(pl.String)
        ).struct.json_encode()
        store_orders(
            told.select(
                "account_id", "action",
                port=pl.col("action").replace_strict(ports, return_dtype=pl.String),
                key=pl.format(
                    "{}:{}:{}:{}", "action", "episode_id", "step", pl.lit(str(self._on))
                ),
                payload=payload,
            ),
            tenant_id=self._tenant_id,
            at=self._at,
        )  # fmt: skip

    def _act(self, step: LadderStep, own: pl.DataFrame) -> None:
        """What the step does to these accounts' services, contracts and debts."""
        reached = self._reached(own)
        served = reached["account_id"].to_list()
        if step.action in CUTS:
            said, states, becomes = CUTS[step.action]
            moved = move_services(served, states=states, becomes=becomes)
            self._tell_network(moved.join(reached, on="account_id"), said, becomes)
        if step.action is Action.TERMINATE:
            ending = running_contracts(served, on=self._on)
            for contract in ending:
                charge_leaving(contract, on=self._on)
            end_contracts(served, on=self._on)
            ask_for_equipment(
                [contract.id for contract in ending],
                tenant_id=self._tenant_id,
                on=self._on,
                at=self._at,
            )
            end_assignments(served, at=self._at, tenant_id=self._tenant_id)
        if step.action is Action.WRITE_OFF:
            debtors = own["account_id"].to_list()
            given = Given(debtors, step.how, step.relieve_tax, self._on)
            write_off(given, tenant_id=self._tenant_id, at=self._at)

    def _reached(self, own: pl.DataFrame) -> pl.DataFrame:
        """Whose services these debts cost: their own, and of those that they pay for."""
        reached = own.select("account_id", "episode_id")
        if not self._ladder.reaches_paid_for:
            return reached
        paid_for = tables.read_paid_for(reached["account_id"].to_list())
        others = paid_for.join(reached.rename({"account_id": "payer_id"}), on="payer_id")
        return pl.concat([reached, others.select("account_id", "episode_id")]).unique(
            "account_id", keep="first", maintain_order=True
        )

    def _tell_network(self, services: pl.DataFrame, said: str, state: str) -> None:
        store_orders(
            services.select(
                "account_id",
                port=pl.lit("network"),
                action=pl.lit(said),
                key=pl.format(
                    "{}:{}:{}:{}", pl.lit(said), "service_id", "episode_id",
                    pl.lit(self._at.isoformat()),
                ),
                payload=pl.struct(
                    pl.lit(state).alias("state"), service=pl.col("service_id"), name=pl.col("name")
                ).struct.json_encode(),
            ),
            tenant_id=self._tenant_id,
            at=self._at,
        )  # fmt: skip
