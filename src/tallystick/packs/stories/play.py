"""A story's steps -> what is done for a scratch operator, and which expectations do not hold.

Nothing stops at the first failure: a step that is refused or an expectation that fails is noted and
the story goes on.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tallystick.base.courier import Courier, PlacedOrder
from tallystick.base.money import round_minor
from tallystick.base.progress import Progress, silent
from tallystick.base.refusal import Refusal
from tallystick.core.tariff.nodes import Late
from tallystick.domain.invoices.models import Invoice
from tallystick.domain.invoices.queries import items_to_pay
from tallystick.domain.parties.operations import (
    AccountTerms,
    PartyDetails,
    exempt_account,
    open_account,
)
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments.operations import Receipt
from tallystick.domain.tenants.operations import move_clock
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.activate import ContractWish, ServiceWish, start_contract
from tallystick.flows.again import Days, rehearse_rerating, rerate_usage
from tallystick.flows.capture import Delivery, capture_usage
from tallystick.flows.charge import charge_usage
from tallystick.flows.credit import credit_invoice
from tallystick.flows.deliver import deliver_orders
from tallystick.flows.invoice import run_bills
from tallystick.flows.late import release_usage
from tallystick.flows.pull import PullCourier
from tallystick.flows.receive import receive_payment
from tallystick.flows.recover import collect
from tallystick.flows.rehearse import rehearse_bills
from tallystick.flows.turn import turn_books
from tallystick.gates.files.streams import check_file
from tallystick.packs.open_business import morning
from tallystick.packs.stories.bill_steps import BILL_ACTIONS
from tallystick.packs.stories.by_balance import Balances, BalanceStep
from tallystick.packs.stories.by_bill import play_bill_step
from tallystick.packs.stories.by_card import StoryProcessor, use_card
from tallystick.packs.stories.by_contract import ContractStep, alter_contract
from tallystick.packs.stories.by_debit import MoneyStep, move_money
from tallystick.packs.stories.by_deposit import DepositStep, keep_deposit
from tallystick.packs.stories.by_exchange import give_rate
from tallystick.packs.stories.by_ladder import hold_back
from tallystick.packs.stories.by_online import ask_online
from tallystick.packs.stories.by_operator import change_operator
from tallystick.packs.stories.by_stock import handle_stock
from tallystick.packs.stories.card_steps import CardStep
from tallystick.packs.stories.exchange_steps import GiveRate
from tallystick.packs.stories.expect import look
from tallystick.packs.stories.late_steps import LateStep
from tallystick.packs.stories.online_steps import OnlineStep
from tallystick.packs.stories.operator_steps import OperatorStep
from tallystick.packs.stories.own_terms import OwnTerms, give_terms
from tallystick.packs.stories.stage import Stage, open_stage, publish_own_chart, publish_prices
from tallystick.packs.stories.step import Expectation, Refused, Step
from tallystick.packs.stories.steps import (
    OLDEST_INVOICE,
    CloseBooks,
    Collect,
    CreditInvoice,
    CustomerKind,
    ExemptAccount,
    OpenAccount,
    Pay,
    PublishPrices,
    PublishRules,
    Rate,
    RateAgain,
    RehearseBills,
    ReleaseUsage,
    RunBills,
    StartContract,
    Story,
    TakeCorrections,
    TakeUsage,
    TakeUsageFile,
    TurnBooks,
)
from tallystick.packs.stories.stock_steps import StockStep

PORTS: Final = ("network", "mail", "agency", "warehouse")
DONE: Final = "done"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a step: of an action what it did, of an expectation what was found."""

    line: int
    day: date
    step: str
    expected: str
    found: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Played:
    """A story that was played to its end as an operator of that code."""

    story: str
    operator: str
    outcomes: tuple[Outcome, ...]

    @property
    def failed(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if not outcome.ok)


class OrderLog:
    """A courier that keeps what it was told, in order."""

    def __init__(self) -> None:
        self.told: list[PlacedOrder] = []

    def deliver(self, order: PlacedOrder) -> str:
        self.told.append(order)
        return DONE


def play_story(story: Story, *, folder: Path, code: str, progress: Progress = silent) -> Played:
    """The whole story as a new operator; `folder` is where the files it names lie.

    :raises TenantExists: when the code is taken
    :raises Refusal: when its business cannot be opened
    """
    player = _Player(story, open_stage(story, folder=folder, code=code))
    outcomes = []
    for done, step in enumerate(story.steps, start=1):
        outcomes.append(player.play(step))
        progress(story.name, done=done, total=len(story.steps))
    return Played(story.name, code, tuple(outcomes))


class _Player:
    """Plays one step after the other."""

    def __init__(self, story: Story, stage: Stage) -> None:
        self._story, self._stage, self._tenant = story, stage, stage.tenant
        self._logs = {port: OrderLog() for port in PORTS}
        self._couriers: dict[str, Courier] = dict(self._logs)
        self._couriers["payment"] = PullCourier(StoryProcessor())
        self._balances = Balances(self._tenant)
        self._now = datetime.min.replace(tzinfo=UTC)

    def play(self, step: Step) -> Outcome:
        at = self._now = self._time_of(step)
        expected = DONE
        try:
            move_clock(tenant_id=self._tenant.id, to=at)
            if isinstance(step, Refused):
                expected, found, ok = self._refused(step, at)
            elif isinstance(step, Expectation):
                with acting_for(self._tenant.id):
                    logs = {port: log.told for port, log in self._logs.items()}
                    expected, found = look(step, tenant=self._tenant, told=logs)
                ok = expected == found
            elif isinstance(step, OnlineStep):
                told = ask_online(step, tenant_id=self._tenant.id, at=at)
                expected, found, ok = told.expected, told.found, told.expected == told.found
                self._deliver(at)
            else:
                found, ok = self._act(step, at), True
                self._deliver(at)
        except Refusal as refusal:
            found, ok = refusal.sentence(), False
        return Outcome(step.line, step.day, step.text, expected, found, ok)

    def _time_of(self, step: Step) -> datetime:
        """The morning of its day, or later where the step or one before it says so."""
        begins = morning(step.day, zone=self._tenant.zone)
        inner = step.refused if isinstance(step, Refused) else step
        if isinstance(inner, OnlineStep) and inner.time is not None:
            begins = begins.replace(hour=inner.time.hour, minute=inner.time.minute)
        return max(begins, self._now)

    def _deliver(self, at: datetime) -> None:
        """Tells the network, the mail and the processor what was ordered."""
        deliver_orders(tenant_id=self._tenant.id, couriers=self._couriers, at=at)

    def _refused(self, step: Refused, at: datetime) -> tuple[str, str, bool]:
        """What is expected and found of a step that is to be refused."""
        try:
            found = self._act(step.refused, at)
        except Refusal as refusal:
            told = f"{refusal.code}: {refusal.sentence()}"
            return f"refused with {step.code}", told, refusal.code == step.code
        return f"refused with {step.code}", found, False

    def _act(self, step: Step, at: datetime) -> str:
        """What the action did, in a few words."""
        if isinstance(step, BILL_ACTIONS):
            return play_bill_step(step, tenant=self._tenant, at=at)
        if isinstance(step, ContractStep):
            return alter_contract(step, tenant_id=self._tenant.id, at=at)
        if isinstance(step, OwnTerms):
            give_terms(step, tenant_id=self._tenant.id, at=at)
            return DONE
        if isinstance(step, MoneyStep):
            return move_money(step, tenant=self._tenant, at=at)
        if isinstance(step, BalanceStep):
            return self._balances.play(step, at=at)
        if isinstance(step, DepositStep):
            return keep_deposit(step, tenant=self._tenant, at=at)
        if isinstance(step, CardStep):
            return use_card(step, tenant=self._tenant, at=at)
        if isinstance(step, OnlineStep):
            return ask_online(step, tenant_id=self._tenant.id, at=at).found
        if isinstance(step, StockStep):
            return handle_stock(step, tenant_id=self._tenant.id, at=at)
        if isinstance(step, OperatorStep):
            return change_operator(step, stage=self._stage, at=at)
        if isinstance(step, LateStep):
            return hold_back(step, tenant=self._tenant, at=at)
        match step:
            case GiveRate():
                return give_rate(step, tenant_id=self._tenant.id, at=at)
            case OpenAccount():
                return self._open_account(step)
            case ExemptAccount():
                return self._exempt(step)
            case StartContract():
                return self._start_contract(step, at)
            case PublishPrices():
                return self._publish(step, at)
            case RateAgain():
                return self._rate_again(step, at)
            case TakeUsage() | TakeCorrections():
                return self._take_block(step, at)
            case TakeUsageFile():
                path = self._stage.find(step.path)
                return self._take_usage(path, step.format, name=path.name, at=at)
            case ReleaseUsage():
                return self._release(step)
            case Rate():
                return self._rate(at)
            case RunBills():
                return self._run_bills(step.day, at)
            case RehearseBills():
                return self._rehearse_bills(step.day)
            case Pay():
                return self._pay(step, at)
            case Collect():
                return self._collect(step.day, at)
            case CreditInvoice():
                return self._credit(step, at)
            case PublishRules():
                return publish_own_chart(
                    self._stage.find(step.path), tenant_id=self._tenant.id, on=step.day, at=at
                )
            case TurnBooks() | CloseBooks():
                return self._turn_books(step, at)
            case _:
                raise AssertionError(f"nobody plays {type(step).__name__}")

    def _publish(self, step: PublishPrices, at: datetime) -> str:
        publish_prices(
            self._stage.find(step.path),
            tenant_id=self._tenant.id,
            valid_from=step.correcting or step.day,
            at=at,
            correct=step.correcting is not None,
        )
        return DONE

    def _open_account(self, step: OpenAccount) -> str:
        tenant = self._tenant
        person = step.customer_kind is CustomerKind.CONSUMER
        with acting_for(tenant.id):
            open_account(
                PartyDetails(
                    kind="person" if person else "organisation",
                    name=step.name,
                    country=step.tax_place[:2] if step.tax_place else tenant.country,
                    language=tenant.language,
                    tax_number=step.tax_number or "",
                ),
                tenant_id=tenant.id,
                number=step.number,
                terms=AccountTerms(
                    currency=step.currency or tenant.currency,
                    zone=tenant.zone,
                    bill_day=step.bill_day,
                    payment_days=tenant.payment_days,
                    segment=step.segment or step.customer_kind,
                    customer_kind=step.customer_kind,
                    tax_place=step.tax_place or "",
                ),
                on=step.day,
                parent=account_numbered(step.parent) if step.parent else None,
            )
        return DONE

    def _exempt(self, step: ExemptAccount) -> str:
        with acting_for(self._tenant.id):
            exempt_account(
                account_numbered(step.account),
                certificate=step.certificate,
                valid_from=step.day,
                valid_to=step.until,
            )
        return DONE

    def _start_contract(self, step: StartContract, at: datetime) -> str:
        service = None
        if step.identifiers:
            service = ServiceWish(step.identifiers[0][0], step.identifiers)
        wish = ContractWish(
            account=step.account,
            number=step.number,
            offer=step.offer,
            starts_on=step.since or step.day,
            ends_on=step.until,
            service=service,
            pool=step.pool or "",
            cost_centre=step.centre or "",
        )
        start_contract(wish, tenant_id=self._tenant.id, at=at)
        return DONE

    def _take_block(self, step: TakeUsage | TakeCorrections, at: datetime) -> str:
        name = f"{self._story.name}-{step.line}.txt"
        with TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(step.content)
            accept = isinstance(step, TakeCorrections)
            return self._take_usage(path, step.format, name=name, at=at, accept=accept)

    def _take_usage(
        self, path: Path, format: str, *, name: str, at: datetime, accept: bool = False
    ) -> str:
        check_file(path)
        chunks = self._stage.chunks(path, format=format)
        source = Path(format.removeprefix("mapping:")).stem
        report = capture_usage(
            Delivery(source, name, format, sha256(path.read_bytes()).hexdigest()),
            tenant_id=self._tenant.id,
            chunks=chunks,
            at=at,
            corrections=accept or self._stage.takes_corrections(format),
        )
        if report.already_loaded:
            return "taken before"
        counts = report.manifest
        return (
            f"{counts.rows_in} rows: {counts.accepted} accepted, {counts.rejected} rejected, "
            f"{counts.duplicates} duplicates, {counts.absorbed} absorbed, "
            f"{counts.corrected} corrected, {counts.cancelled} cancelled"
        )

    def _release(self, step: ReleaseUsage) -> str:
        with acting_for(self._tenant.id):
            account_id = account_numbered(step.account).id
        late = Late(step.as_what) if step.as_what else Late.DIFFERENCE
        released = release_usage(tenant_id=self._tenant.id, account_id=account_id, late=late)
        return f"{len(released.events)} released"

    def _rate(self, at: datetime) -> str:
        charged = charge_usage(tenant_id=self._tenant.id, at=at, workers=1)
        return f"{charged.events} events: {charged.lines} lines, {charged.suspended} in suspense"

    def _rate_again(self, step: RateAgain, at: datetime) -> str:
        """What the rehearsal said would change is what changes."""
        days = Days(step.since, step.until + timedelta(days=1))
        told = rehearse_rerating(days, tenant_id=self._tenant.id, account_id=None)
        done = rerate_usage(days, tenant_id=self._tenant.id, account_id=None, at=at)
        assert told == done, f"rehearsed {told}, changed {done}"
        currency = self._tenant.currency
        return (
            ", ".join(
                f"{one.account} {one.component} {_money(one.now - one.before, currency)}"
                for one in done
            )
            or "nothing changed"
        )

    def _run_bills(self, day: date, at: datetime) -> str:
        """Usage that waits is charged first, so that no bill is short of it."""
        self._rate(at)
        billed = run_bills(tenant_id=self._tenant.id, on=day, at=at, workers=1)
        return _bills_in_words(billed.invoices, billed.totals, billed.held)

    def _rehearse_bills(self, day: date) -> str:
        told = rehearse_bills(tenant_id=self._tenant.id, on=day)
        compared = "".join(f"; {one.account} {one.difference}" for one in told.compared)
        return _bills_in_words(told.invoices, told.totals, told.held) + compared

    def _pay(self, step: Pay, at: datetime) -> str:
        tenant = self._tenant
        with acting_for(tenant.id):
            payer = account_numbered(step.account)
            owed = items_to_pay(payer.id)
        reference = step.reference or ""
        if reference == OLDEST_INVOICE:
            reference = owed[0].number if owed else ""
        report = receive_payment(
            Receipt(
                key=f"{self._story.name}:{step.line}",
                method=step.method,
                amount=step.amount,
                currency=step.currency or payer.currency,
                received_on=step.day,
                reference=reference,
                payer=payer.party.name,
            ),
            tenant_id=tenant.id,
            account=step.account,
            at=at,
        )
        paid = [f"{_money(amount, payer.currency)} to {number}"
                for number, amount in report.allocations]  # fmt: skip
        if report.credit:
            paid.append(f"{_money(report.credit, payer.currency)} as credit")
        return ", ".join([*paid, *(f"restored {name}" for name in report.restored)])

    def _credit(self, step: CreditInvoice, at: datetime) -> str:
        with acting_for(self._tenant.id):
            issued = Invoice.objects.filter(
                account=account_numbered(step.account), issued_on=step.invoiced, kind="invoice"
            )
            number = issued.order_by("id").values_list("number", flat=True).last() or "none"
        parts = {} if step.line_no is None else {step.line_no: step.part}
        made = credit_invoice(number, parts=parts, tenant_id=self._tenant.id, on=step.day, at=at)
        return f"{made.number}: {_money(made.total, made.currency)}"

    def _turn_books(self, step: TurnBooks | CloseBooks, at: datetime) -> str:
        turned = turn_books(
            tenant_id=self._tenant.id,
            through=step.through,
            at=at,
            close=isinstance(step, CloseBooks),
        )
        return f"{turned.entries} entries"

    def _collect(self, day: date, at: datetime) -> str:
        late = collect(tenant_id=self._tenant.id, on=day, at=at)
        steps = [f"{step.account}: {step.step}" for step in late.steps]
        steps += [f"{account}: no ladder" for account in late.without_ladder]
        steps += [f"{late.interest} charged interest"] if late.interest else []
        return f"{late.late} late" + "".join(f"; {step}" for step in steps)


def _bills_in_words(
    invoices: int, totals: dict[str, Decimal], held: tuple[dict[str, str], ...]
) -> str:
    billed = "".join(f", {_money(total, code)} {code}" for code, total in sorted(totals.items()))
    kept = "".join(f"; held: {one['code']} {one['parameters']}" for one in held)
    return f"{invoices} invoices{billed}{kept}"


def _money(amount: Decimal, currency: str) -> str:
    return format(round_minor(amount, currency=currency), "f")
