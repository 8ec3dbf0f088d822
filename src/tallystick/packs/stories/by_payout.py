"""Steps of a story about payouts: the processor sends what it holds, and tells of it."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from tallystick.base.money import plain
from tallystick.base.processor import PayoutFact
from tallystick.core.receive.payout import Movement, MovementKind
from tallystick.core.receive.statement import Statement, StatementLine
from tallystick.domain.payments.payout_models import Payout
from tallystick.domain.payments.payouts import items_in_clearing
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.bank import import_statement
from tallystick.flows.payouts import take_payout_fact, take_report
from tallystick.packs.stories.card_steps import PayOut, PayoutArrives

PROCESSOR: Final = "story"


def pay_out(step: PayOut, *, tenant: Tenant, at: datetime) -> str:
    """The processor pays out all that it holds, less fees; its report and its news come twice."""
    with acting_for(tenant.id):
        items = items_in_clearing(processor=PROCESSOR)
    movements = [
        Movement(
            f"{step.name}-{number}", item.kind, item.reference, item.gross,
            item.gross - item.held, item.currency, step.day, step.name,
        )
        for number, item in enumerate(items, start=1)
    ]  # fmt: skip
    fees = Movement(
        f"{step.name}-fees", MovementKind.FEE, "", -step.fees, Decimal(0), tenant.currency,
        step.day, step.name,
    )  # fmt: skip
    movements.append(fees)
    amount = sum((one.net for one in movements), Decimal(0))
    fact = PayoutFact(
        f"evt_{step.name}", step.name, at, amount, tenant.currency, step.day, failed=False,
        told="payout.created",
    )  # fmt: skip
    for _ in range(2):
        take_payout_fact(fact, processor=PROCESSOR, tenant_id=tenant.id, at=at)
        take_report(movements, processor=PROCESSOR, tenant_id=tenant.id, at=at)
    return f"{plain(amount)} {tenant.currency} are on their way"


def let_arrive(step: PayoutArrives, *, tenant: Tenant, at: datetime) -> str:
    """The bank's statement says that the payout is there; it is imported twice."""
    with acting_for(tenant.id):
        payout = Payout.objects.get(name=step.name)
    line = StatementLine(
        f"line-{step.line}", step.day, payout.amount, payout.currency,
        text=f"payout {step.name}", payer="STORY PAYMENTS",
    )  # fmt: skip
    statement = Statement(
        f"S-{step.line}", "DE00", payout.currency, Decimal(0), payout.amount, (line,)
    )
    for _ in range(2):
        import_statement(statement, tenant_id=tenant.id, filename="story.xml", at=at)
    with acting_for(tenant.id):
        payout.refresh_from_db()
        return f"{payout.state} {payout.note}".strip()
