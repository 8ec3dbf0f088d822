"""Who pays: an account's bills go to one above it, and are one invoice or several."""

from decimal import Decimal

from tallystick.domain.contracts.operations import label_contract
from tallystick.domain.contracts.queries import contract_numbered
from tallystick.domain.parties.models import Account, SplitBy
from tallystick.domain.parties.operations import set_payer, split_bills
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.invoice import BILLING


def choose_payer(number: str, *, payer: str | None, tenant_id: int) -> Account:
    """The account's bills go to the payer from the next one on; None: to itself again.

    What was billed before stays with whom it was billed to.

    :raises UnknownAccount: when no account has one of the numbers
    :raises AlreadyRunning: while bills are run
    :raises NotAbove: when the account does not stand below the payer
    :raises PayerIsPaidFor: when another pays for the payer, or the account pays for others
    :raises PayerCurrency: when the two are billed in different currencies
    """
    with only_one(BILLING, tenant_id=tenant_id), acting_for(tenant_id):
        account = account_numbered(number)
        set_payer(account, payer=account_numbered(payer) if payer else None)
        return account


def split_account(number: str, *, by: SplitBy | None, tenant_id: int) -> Account:
    """What the account is billed in a cycle is an invoice each of these from the next bill on.

    :raises UnknownAccount: when no account has the number
    :raises AlreadyRunning: while bills are run
    """
    with only_one(BILLING, tenant_id=tenant_id), acting_for(tenant_id):
        account = account_numbered(number)
        split_bills(account, by=by.value if by else "")
        return account


def charge_to_centre(number: str, *, cost_centre: str, tenant_id: int) -> None:
    """The contract is that cost centre's from its next bill on; empty = nobody's.

    :raises UnknownContract: when no contract has the number
    :raises AlreadyRunning: while bills are run
    """
    with only_one(BILLING, tenant_id=tenant_id), acting_for(tenant_id):
        label_contract(contract_numbered(number), cost_centre=cost_centre)


def bill_account_over(number: str, *, amount: Decimal | None, tenant_id: int) -> None:
    """How much unbilled usage the account is billed for within its cycle; zero = it never is.

    None: as the operator's rules say for all.

    :raises UnknownAccount: when no account has the number
    :raises AlreadyRunning: while bills are run
    """
    with only_one(BILLING, tenant_id=tenant_id), acting_for(tenant_id):
        account = account_numbered(number)
        account.bill_over = amount
        account.save(update_fields=["bill_over"])
