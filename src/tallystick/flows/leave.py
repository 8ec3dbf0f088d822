"""Leaving: what a contract owes at once when it ends, and from when it may end without that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tallystick.base.period import Period
from tallystick.base.refusal import Refusal
from tallystick.core.invoice.cycle import turned_of
from tallystick.core.invoice.describe import describe
from tallystick.core.invoice.due import ContractTerms, HeldOffer, PricedPeriod
from tallystick.core.invoice.leave import (
    LeavingCharge,
    RunningTerm,
    as_if_going_on,
    leaving_charges,
    running_term,
)
from tallystick.core.tariff.plan import PlanOffer
from tallystick.domain.catalog.queries import dated_plans
from tallystick.domain.contracts.models import Contract, ContractOffer, Pause
from tallystick.domain.invoices.models import OneOff
from tallystick.domain.invoices.operations import charge_once
from tallystick.flows.own_prices import load_own_prices


@dataclass
class EndsWithinTerm(Refusal):
    code = "ends_within_term"
    offer: str = ""
    ends_on: str = ""
    first: str = ""

    def sentence(self) -> str:
        return (
            f"offer {self.offer!r} is taken until {self.first} at least, and {self.ends_on} is "
            "before that; leave the end out, or sell an offer without a minimum term"
        )


def charge_leaving(contract: Contract, *, on: date, kept: int | None = None) -> None:
    """Charges once what falls due when the contract ends, or changes to the offer `kept`.

    Instalments fall due as long as the contract ran with them; a charge for leaving early may be
    waived. Part of the caller's transaction, before the contract itself is changed.
    """
    for charge in _charges(contract, on=on, kept=kept):
        if not charge.code and contract.leaving_waived:
            continue
        charge_once(
            contract.account,
            key=_key(contract, charge.code or "term"),
            description=_in_words(contract, charge),
            amount=charge.amount,
            tax_category=charge.tax_category,
            revenue_account=charge.revenue_account,
            on=on,
        )


def forget_leaving(contract: Contract, *, on: date) -> None:
    """Takes back what a change planned for that day would have made due."""
    waiting = OneOff.objects.filter(account_id=contract.account_id, invoice_id__isnull=True)
    waiting.filter(key__startswith=_key(contract, ""), charged_on=on).delete()


def term_of(contract: Contract) -> RunningTerm | None:
    """The minimum term that the contract is in, or was in last."""
    return running_term(_terms(contract).held, plans=_plans())


def require_whole_term(contract: Contract, *, offer: str) -> None:
    """Passes when an end agreed from the start does not cut the offer's minimum term.

    :raises EndsWithinTerm: when it does
    """
    running = term_of(contract)
    if running is None or contract.ends_on is None:
        return
    first = running.term.span.after(running.since)
    if contract.ends_on < first:
        raise EndsWithinTerm(offer=offer, ends_on=str(contract.ends_on), first=str(first))


def _charges(contract: Contract, *, on: date, kept: int | None) -> Sequence[LeavingCharge]:
    plans = _plans()
    if not any(_may_charge(offer) for one in plans for offer in one.plan.offers.values()):
        return ()
    return leaving_charges(as_if_going_on(_terms(contract)), plans=plans, on=on, kept=kept)


def _may_charge(offer: PlanOffer) -> bool:
    return offer.term is not None or any(part.price.instalments for part in offer.recurring)


def _plans() -> tuple[PricedPeriod, ...]:
    return tuple(
        PricedPeriod(dated.version_id, dated.valid_from, dated.valid_to, dated.plan)
        for dated in dated_plans()
    )


def _terms(contract: Contract) -> ContractTerms:
    held = ContractOffer.objects.filter(contract=contract).order_by("valid_from")
    own = load_own_prices()
    prices = own.recurring(contract.id, plans=dated_plans()) if contract.id in own.prices else ()
    pauses = Pause.objects.filter(contract=contract).order_by("paused_from")
    return ContractTerms(
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        cycle_day=contract.cycle_day,
        zone=contract.account.zone,
        billed_to=contract.billed_to,
        held=tuple(
            HeldOffer(one.offer_id, one.quantity, one.valid_from, one.valid_to) for one in held
        ),
        own=prices,
        pauses=tuple(Period(one.paused_from, one.paused_to or date.max) for one in pauses),
        turned=turned_of(since=contract.cycle_since, bill_day=contract.cycle_day_before),
    )


def _key(contract: Contract, what: str) -> str:
    return f"leaving:{contract.id}:{what}"


def _in_words(contract: Contract, charge: LeavingCharge) -> str:
    if not charge.code:
        return f"Early termination of {contract.number}"
    times = "instalment" if charge.instalments == 1 else "instalments"
    return f"{describe(charge.code)}, {charge.instalments} {times} due at once"
