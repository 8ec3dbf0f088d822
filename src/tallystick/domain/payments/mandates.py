"""Mandates and who collects by them: what is checked before a bank is asked for money."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from stdnum import bic, iban
from stdnum.eu import at_02
from stdnum.exceptions import ValidationError

from tallystick.base.refusal import Refusal
from tallystick.core.receive.returned import ReturnTerms
from tallystick.domain.parties.models import Account
from tallystick.domain.payments.models import DebitTerms, Mandate, MandateState, Sequence


@dataclass
class BankNumberWrong(Refusal):
    code = "bank_number_wrong"
    what: str = ""
    given: str = ""

    def sentence(self) -> str:
        return f"{self.given!r} is not {self.what}; its check digits or its length are wrong"


@dataclass
class MandateReferenceWrong(Refusal):
    code = "mandate_reference_wrong"
    reference: str = ""

    def sentence(self) -> str:
        return (
            f"{self.reference!r} cannot be a mandate's reference; "
            "banks take 1 to 35 letters, digits and the signs + ? / - : ( ) . , '"
        )


@dataclass
class MandateReferenceTaken(Refusal):
    code = "mandate_reference_taken"
    reference: str = ""

    def sentence(self) -> str:
        return f"the reference {self.reference!r} is another mandate's; give this one its own"


@dataclass
class MandateExists(Refusal):
    code = "mandate_exists"
    account: str = ""
    reference: str = ""

    def sentence(self) -> str:
        return (
            f"account {self.account} has the active mandate {self.reference}; "
            f"end it first: tallystick mandate revoke {self.reference}"
        )


@dataclass
class UnknownMandate(Refusal):
    code = "unknown_mandate"
    reference: str = ""

    def sentence(self) -> str:
        return f"no mandate has the reference {self.reference!r}; see: tallystick mandate list"


@dataclass
class MandateRevoked(Refusal):
    code = "mandate_revoked"
    reference: str = ""
    on: str = ""

    def sentence(self) -> str:
        return f"mandate {self.reference} was revoked on {self.on} already"


@dataclass
class SignedLater(Refusal):
    code = "signed_later"
    signed_on: str = ""

    def sentence(self) -> str:
        return f"a mandate cannot be signed on {self.signed_on}, which is still to come"


@dataclass
class TermsUnsound(Refusal):
    code = "debit_terms_unsound"

    def sentence(self) -> str:
        return (
            "the fee is 0.00 or more, with two decimals at most; "
            "days until the next try and tries are 1 to 99"
        )


@dataclass
class DebitNotSet(Refusal):
    code = "debit_not_set"

    def sentence(self) -> str:
        return (
            "nobody said to whose bank account money goes; "
            "say it with: tallystick debit set --creditor-id ID --iban IBAN"
        )


@dataclass(frozen=True, slots=True)
class Signed:
    """A mandate as it was signed; the debtor's name and bank account as the bank knows them."""

    reference: str
    debtor: str
    iban: str
    bic: str
    signed_on: date
    sequence: Sequence = Sequence.FIRST


def checked_iban(number: str) -> str:
    """The number without spaces, in capitals.

    :raises BankNumberWrong: when it is no IBAN
    """
    return _checked(iban.validate, number, "an IBAN")


def checked_bic(number: str) -> str:
    """The number in capitals; empty where none is given.

    :raises BankNumberWrong: when it is no BIC
    """
    return _checked(bic.validate, number, "a BIC") if number else ""


def _checked(validate: object, number: str, what: str) -> str:
    try:
        return str(validate(number))  # type: ignore[operator]
    except ValidationError:
        raise BankNumberWrong(what=what, given=number) from None


_SIGNS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+?/-:().,'")


def add_mandate(account: Account, signed: Signed, *, on: date) -> Mandate:
    """The account's mandate from now on.

    :raises MandateReferenceWrong: when banks do not take the reference
    :raises MandateReferenceTaken: when another mandate has it
    :raises MandateExists: when the account has an active mandate
    :raises BankNumberWrong: when its IBAN or BIC is none
    :raises SignedLater: when it is signed after `on`
    """
    if not (0 < len(signed.reference) <= 35 and _SIGNS.issuperset(signed.reference)):
        raise MandateReferenceWrong(reference=signed.reference)
    if signed.signed_on > on:
        raise SignedLater(signed_on=signed.signed_on.isoformat())
    numbers = {"iban": checked_iban(signed.iban), "bic": checked_bic(signed.bic)}
    Account.objects.select_for_update().get(id=account.id)
    if Mandate.objects.filter(reference=signed.reference).exists():
        raise MandateReferenceTaken(reference=signed.reference)
    active = Mandate.objects.filter(account_id=account.id, state=MandateState.ACTIVE).first()
    if active is not None:
        raise MandateExists(account=account.number, reference=active.reference)
    return Mandate.objects.create(
        tenant_id=account.tenant_id,
        account=account,
        reference=signed.reference,
        debtor=signed.debtor[:70],
        signed_on=signed.signed_on,
        sequence=signed.sequence,
        state=MandateState.ACTIVE,
        **numbers,
    )


def revoke_mandate(reference: str, *, on: date, reason: str) -> Mandate:
    """Ends a mandate: nothing more is collected by it.

    :raises UnknownMandate: when there is none of that reference
    :raises MandateRevoked: when it has ended already
    """
    mandate = Mandate.objects.select_for_update().filter(reference=reference).first()
    if mandate is None:
        raise UnknownMandate(reference=reference)
    if mandate.state == MandateState.REVOKED:
        raise MandateRevoked(reference=reference, on=str(mandate.revoked_on))
    mandate.state, mandate.revoked_on, mandate.reason = MandateState.REVOKED, on, reason[:100]
    mandate.save(update_fields=["state", "revoked_on", "reason"])
    return mandate


@dataclass(frozen=True, slots=True)
class Creditor:
    """Who collects, as its debtors' banks know it."""

    name: str
    number: str  # the creditor identifier, AT-02
    iban: str
    bic: str = ""


def set_debit_terms(creditor: Creditor, *, terms: ReturnTerms, tenant_id: int) -> DebitTerms:
    """Who collects from now on, and what is done about returns.

    :raises BankNumberWrong: when the creditor identifier, IBAN or BIC is none
    :raises TermsUnsound: when a fee is below zero, or days or tries are not 1 to 99
    """
    cents = terms.fee == terms.fee.quantize(Decimal("0.01"))
    if not (terms.fee >= 0 and cents and 0 < terms.retry_days < 100 and 0 < terms.tries < 100):
        raise TermsUnsound
    columns = {
        "creditor": creditor.name[:70],
        "creditor_number": _checked(at_02.validate, creditor.number, "a creditor identifier"),
        "iban": checked_iban(creditor.iban),
        "bic": checked_bic(creditor.bic),
        "return_fee": terms.fee,
        "retry_days": terms.retry_days,
        "tries": terms.tries,
    }
    return DebitTerms.objects.update_or_create(tenant_id=tenant_id, defaults=columns)[0]


def debit_terms() -> DebitTerms:
    """The terms of the operator acted for.

    :raises DebitNotSet: when it has none
    """
    terms = DebitTerms.objects.first()
    if terms is None:
        raise DebitNotSet
    return terms
