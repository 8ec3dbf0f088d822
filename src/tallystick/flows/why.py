"""Why a line of an invoice is what it is: one that adjusts a cycle, or prices a whole period."""

from typing import Any

from django.db.models import Q

from tallystick.base.money import AMOUNT_SCALE
from tallystick.core.charge.explain import explain_period
from tallystick.core.charge.whole_bill.amounts import BillAmount
from tallystick.core.charge.whole_bill.explain import explain_adjustment, term_words
from tallystick.core.invoice.describe import describe_usage
from tallystick.core.invoice.paid_tax import TAXED
from tallystick.domain.catalog.models import Component
from tallystick.domain.catalog.queries import dated_plans, plans_by_version
from tallystick.domain.contracts.models import ContractOffer, Grant
from tallystick.domain.invoices.models import InvoiceLine
from tallystick.domain.usage.models import PeriodLine
from tallystick.flows.document import periods_priced
from tallystick.flows.due import DIFFERENCE


def why_adjusted(line: InvoiceLine) -> list[str]:
    """Sentences about an adjusting line; none about any other.

    It is part of the caller's `acting_for`.
    """
    own = _amount(line)
    if not own.adjusts:
        return []
    cycle = InvoiceLine.objects.filter(
        contract_id=line.contract_id,
        period_from__gte=line.period_from,
        period_from__lt=line.period_to,
        invoice_id__lte=line.invoice_id,
        freed=line.freed,
    ).exclude(Q(purpose__startswith="one_off") | Q(purpose__startswith=TAXED))
    amounts = [_amount(one) for one in cycle.order_by("invoice_id", "line_no")]
    return explain_adjustment(own, amounts=amounts, words=_words(line, own.term))


def why_priced(line: InvoiceLine) -> list[str]:
    """Sentences about a line of a whole period; none about any other.

    It is part of the caller's `acting_for`.
    """
    if not line.purpose.startswith("period"):
        return []
    component = Component.objects.get(id=line.component_id)
    plans = plans_by_version()
    told = []
    late = line.description.endswith(DIFFERENCE)
    for row in periods_priced(line):
        price = (row.unit_price, row.per)
        said = describe_usage(component.code, band=row.band, tier=row.tier)
        said += DIFFERENCE if late else ""
        if (line.unit_price, line.per) == price and said == line.description:
            told.append(explain_period(_rated(row), plan=plans[row.version_id]))
    if late:
        told.append("what the period costs now, less what was billed of it before")
    return told


def _rated(row: PeriodLine) -> dict[str, Any]:
    names = ("component_id", "band", "tier", "measured", "billed", "unit_price", "per", "fee",
             "amount")  # fmt: skip
    return {name: getattr(row, name) for name in names}


def _words(line: InvoiceLine, term: str) -> str:
    ref = term.partition(":")[2]
    if ref.startswith("#"):
        grant = Grant.objects.get(account_id=line.contract.account_id, id=int(ref[1:]))
        return f"{grant.name} {grant.words}"
    held = ContractOffer.objects.filter(contract_id=line.contract_id, valid_from__lt=line.period_to)
    plans = dated_plans()
    plan = next(
        (one.plan for one in reversed(plans) if one.valid_from <= line.period_from), plans[0].plan
    )
    for offer in held.order_by("-valid_from").values_list("offer_id", flat=True):
        if offer in plan.offers and (words := term_words(plan.offers[offer].bill, term=term)):
            return words
    return ""


def _amount(line: InvoiceLine) -> BillAmount:
    return BillAmount(
        component=line.component_id,
        label=line.description.partition(",")[0],
        purpose=line.purpose,
        amount=int(line.exact * AMOUNT_SCALE),
        tax_category=line.tax_category,
        revenue_account=line.revenue_account,
    )
