"""A contract that was entered too late begins on the day it really did."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from tallystick.base.period import day_start
from tallystick.base.refusal import Refusal
from tallystick.domain.contracts.models import Contract, ContractOffer
from tallystick.domain.contracts.operations import first_bill_day
from tallystick.domain.contracts.queries import contract_numbered
from tallystick.domain.inventory.operations import begin_assignments_earlier
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.activate import begins_on_anniversary, latest_plan


@dataclass
class NotEarlier(Refusal):
    code = "not_earlier"
    number: str = ""
    on: str = ""
    starts_on: str = ""

    def sentence(self) -> str:
        return (
            f"contract {self.number!r} begins on {self.starts_on}, which {self.on} is not before; "
            "only an earlier day can be given"
        )


@dataclass
class BilledSince(Refusal):
    code = "billed_since"
    number: str = ""
    billed_on: str = ""

    def sentence(self) -> str:
        return (
            f"contract {self.number!r} was billed on {self.billed_on} from the day it begins on; "
            "take that bill back first: tallystick invoice void"
        )


def backdate_contract(number: str, *, tenant_id: int, on: date) -> Contract:
    """The contract from that earlier day, with its first offer and what identifies its services.

    It must not have had a bill: the first one charges from the new day on. Usage that was refused
    because nobody held its subject then can be replayed.

    :raises UnknownContract: when no contract has the number
    :raises NotEarlier: when it begins on that day or before
    :raises BilledSince: when a bill stands
    :raises IdentifierHeld: when another service held one of its identifiers in that time
    :raises IdentifierQuarantined: when one was kept from other accounts then
    """
    with acting_for(tenant_id):
        contract = contract_numbered(number)
        Contract.objects.select_for_update(of=("self",)).get(id=contract.id)
        began = contract.starts_on
        if on >= began:
            raise NotEarlier(number=number, on=str(on), starts_on=str(began))
        if contract.billed_to is not None:
            raise BilledSince(number=number, billed_on=str(contract.billed_to))
        zone = ZoneInfo(contract.account.zone)
        begin_assignments_earlier(contract, began=day_start(began, zone), since=day_start(on, zone))
        held = ContractOffer.objects.filter(contract=contract, valid_from=began)
        first = held.select_related("offer").get()
        if begins_on_anniversary(latest_plan(first.offer), sold=first.offer):
            contract.cycle_day = on.day
        held.update(valid_from=on)
        contract.starts_on = on
        due = first_bill_day(on, cycle_day=contract.cycle_day)
        contract.next_bill_on = min(due, contract.next_bill_on or due)
        contract.save(update_fields=["starts_on", "cycle_day", "next_bill_on"])
        return contract
