"""Customers: opening an account, starting a contract."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated

import typer

from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import examples, tell
from tallystick.gates.cli.asking import (
    AsJson,
    Operator,
    act_for,
    as_pairs,
    one_of,
    read_country,
    read_day,
    read_email,
    read_pair,
    read_tax_place,
    read_zone,
    spelled,
    spread,
)

app = typer.Typer()
account = typer.Typer(
    no_args_is_help=True, help="Accounts: open one, who pays for it, its bill day and taxes."
)
contract = typer.Typer(no_args_is_help=True, help="Contracts: start, change, pause, end one.")
app.add_typer(account, name="account")
app.add_typer(contract, name="contract")

_KINDS = one_of("person", "organisation")
_CUSTOMER_KINDS = one_of("consumer", "business", "reverse_charge", "exempt")
_OPERATORS = "Else the operator's."


@dataclass(frozen=True, slots=True)
class Customer:
    """Who an account is opened for."""

    name: Annotated[str, typer.Option(help="As printed on invoices.", show_default=False)]
    kind: Annotated[str, typer.Option(parser=_KINDS, metavar="person|organisation")] = "person"
    address: Annotated[list[str] | None, typer.Option(help="A line of it; say it again.")] = None
    email: Annotated[str, typer.Option(parser=read_email, metavar="ADDRESS")] = ""
    phone: Annotated[str, typer.Option()] = ""
    tax_number: Annotated[str, typer.Option(help="Its VAT number.")] = ""
    country: Annotated[
        str | None, typer.Option(parser=read_country, metavar="XX", help=_OPERATORS)
    ] = None
    language: Annotated[str | None, typer.Option(help=_OPERATORS)] = None


@dataclass(frozen=True, slots=True)
class Terms:
    """How the account is billed."""

    currency: Annotated[str | None, typer.Option(help=_OPERATORS)] = None
    zone: Annotated[str | None, typer.Option(parser=read_zone, metavar="ZONE", help=_OPERATORS)] = (
        None
    )
    bill_day: Annotated[int, typer.Option(min=1, max=31, help="Day of the month.")] = 1
    payment_days: Annotated[int | None, typer.Option(min=0, max=365, help=_OPERATORS)] = None
    segment: Annotated[str, typer.Option(help="Which collection ladder is its.")] = "consumer"
    customer_kind: Annotated[
        str, typer.Option(parser=_CUSTOMER_KINDS, metavar="KIND", help="Which tax rates are its.")
    ] = "consumer"
    tax_place: Annotated[
        str,
        typer.Option(
            parser=read_tax_place, metavar="PLACE", help="Such as US-NY; else its country."
        ),
    ] = ""
    parent: Annotated[str | None, typer.Option(help="The account it stands below.")] = None


@account.command(
    "open",
    epilog=examples(
        'account open A-1001 --name "Ada Sample" --email ada@customer.example',
        'account open A-2001 --name "Sample Ltd" --kind organisation --bill-day 15 '
        "--customer-kind business --segment business",
    ),
)
@spread
def open_one(
    number: Annotated[str, typer.Argument(help="The account's number.", show_default=False)],
    customer: Customer,
    terms: Terms,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Open an account for a new customer."""
    from tallystick.domain.parties.operations import AccountTerms, PartyDetails, open_account
    from tallystick.domain.parties.queries import account_numbered

    present = act_for(operator)
    tenant = present.tenant
    with acting_for(tenant.id):
        opened = open_account(
            PartyDetails(
                kind=customer.kind,
                name=customer.name,
                country=customer.country or tenant.country,
                language=customer.language or tenant.language,
                address=tuple(customer.address or ()),
                email=customer.email,
                phone=customer.phone,
                tax_number=customer.tax_number,
            ),
            tenant_id=tenant.id,
            number=number,
            terms=AccountTerms(
                currency=terms.currency or tenant.currency,
                zone=terms.zone or tenant.zone,
                bill_day=terms.bill_day,
                payment_days=(
                    tenant.payment_days if terms.payment_days is None else terms.payment_days
                ),
                segment=terms.segment,
                customer_kind=terms.customer_kind,
                tax_place=terms.tax_place,
            ),
            on=present.today,
            parent=account_numbered(terms.parent) if terms.parent else None,
        )
    tell(
        {"account": opened.number, "currency": opened.currency, "bill_day": opened.bill_day},
        as_json=as_json,
        said=f"opened account {opened.number} for {customer.name}, billed in {opened.currency} "
        f"on day {opened.bill_day}",
    )


@account.command(
    epilog=examples(
        "account exempt A-1001 CERT-7 --from 2026-01-01 --to 2027-01-01",
        "account exempt A-1001 CERT-8 --category standard --json",
    )
)
def exempt(
    number: Annotated[str, typer.Argument(help="The account's number.", show_default=False)],
    certificate: Annotated[str, typer.Argument(help="Of the exemption.", show_default=False)],
    starts: Annotated[
        date | None,
        typer.Option("--from", parser=read_day, metavar="DAY", help="First day; else today."),
    ] = None,
    ends: Annotated[
        date | None,
        typer.Option("--to", parser=read_day, metavar="DAY", help="The day after its last."),
    ] = None,
    category: Annotated[
        list[str] | None, typer.Option(help="A tax category it is for; else all.")
    ] = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Free an account from tax by a certificate; bills from then on charge none."""
    from tallystick.domain.parties.operations import exempt_account
    from tallystick.domain.parties.queries import account_numbered

    present = act_for(operator)
    with acting_for(present.tenant_id):
        held = exempt_account(
            account_numbered(number),
            certificate=certificate,
            valid_from=starts or present.today,
            valid_to=ends,
            categories=category or (),
        )
    until = f" until {held.valid_to}" if held.valid_to else ""
    tell(
        {
            "account": number,
            "certificate": held.certificate,
            "categories": held.categories,
            "valid_from": held.valid_from,
            "valid_to": held.valid_to,
        },
        as_json=as_json,
        said=f"account {number} is free of tax from {held.valid_from}{until} by {certificate}",
    )


AccountNumber = Annotated[str, typer.Argument(help="The account's number.", show_default=False)]


@account.command(
    epilog=examples("account payer A-2002 A-2001", "account payer A-2002 A-2002 --json")
)
def payer(
    number: AccountNumber,
    payer: Annotated[
        str, typer.Argument(help="Who pays: one above it, or itself.", show_default=False)
    ],
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Let an account above pay for one: its next bills are a section of the payer's invoice.

    Name the account itself and it pays for itself again. What was billed before stays where it is.
    """
    from tallystick.flows.pay_for import choose_payer

    present = act_for(operator)
    own = payer == number
    choose_payer(number, payer=None if own else payer, tenant_id=present.tenant_id)
    tell(
        {"account": number, "payer": payer},
        as_json=as_json,
        said=f"account {number} is billed to {'itself' if own else payer} from its next bill on; "
        "see: tallystick bill rehearse",
    )


@account.command(
    epilog=examples(
        "account split-bills A-2001 --by cost-centre", "account split-bills A-2001 --by nothing"
    )
)
def split_bills(
    number: AccountNumber,
    by: Annotated[
        str,
        typer.Option(
            parser=one_of("cost-centre", "nothing"),
            metavar="cost-centre|nothing",
            help="What has an invoice each.",
        ),
    ] = "cost-centre",
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Cut an account's bill of a cycle into an invoice for each cost centre of its contracts."""
    from tallystick.domain.parties.models import SplitBy
    from tallystick.flows.pay_for import split_account

    present = act_for(operator)
    chosen = None if by == "nothing" else SplitBy.COST_CENTRE
    split_account(number, by=chosen, tenant_id=present.tenant_id)
    tell(
        {"account": number, "split_by": chosen},
        as_json=as_json,
        said=f"account {number} gets one invoice a cycle"
        if chosen is None
        else f"account {number} gets an invoice for each cost centre of its contracts",
    )


@dataclass(frozen=True, slots=True)
class Wish:
    """What a contract is of and what it delivers."""

    number: Annotated[str, typer.Option(help="The contract's number.", show_default=False)]
    service: Annotated[
        str | None, typer.Option(help="The kind of service: mobile, internet, power.")
    ] = None
    identifier: Annotated[
        list[str] | None,
        typer.Option(
            parser=read_pair,
            metavar="KIND=VALUE",
            help="What its usage is known by; say it again for each.",
        ),
    ] = None
    pool: Annotated[
        str, typer.Option(help="Shares what its offer says with contracts that name the same.")
    ] = ""
    cost_centre: Annotated[
        str, typer.Option(help="Whose cost it is; printed, and bills may be split by it.")
    ] = ""
    starts: Annotated[
        date | None,
        typer.Option("--from", parser=read_day, metavar="DAY", help="First day; else today."),
    ] = None
    ends: Annotated[
        date | None,
        typer.Option("--to", parser=read_day, metavar="DAY", help="The day after its last."),
    ] = None


@contract.command(
    epilog=examples(
        "contract start A-1001 mobile-m --number C-1 --service mobile "
        "--identifier msisdn=447700900001",
        "contract start A-1001 extra-data --number C-2 --from 2026-02-01",
    ),
)
@spread
def start(
    account: Annotated[str, typer.Argument(help="Who pays.", show_default=False)],
    offer: Annotated[str, typer.Argument(help="The offer's code.", show_default=False)],
    wish: Wish,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Start a contract of an offer; with --service the network is told of it."""
    from tallystick.flows.activate import ContractWish, ServiceWish, start_contract

    if wish.identifier and wish.service is None:
        raise typer.BadParameter("an identifier belongs to a service; say --service as well")
    present = act_for(operator)
    starts_on = wish.starts or present.today
    if wish.ends is not None and wish.ends <= starts_on:
        raise typer.BadParameter(f"--to {wish.ends} is not after the first day, {starts_on}")
    identifiers = [(kind, spelled(kind, value)) for kind, value in as_pairs(wish.identifier)]
    contract = ContractWish(
        account=account,
        number=wish.number,
        offer=offer,
        starts_on=starts_on,
        ends_on=wish.ends,
        service=ServiceWish(wish.service, identifiers) if wish.service else None,
        pool=wish.pool,
        cost_centre=wish.cost_centre,
    )
    started = start_contract(contract, tenant_id=present.tenant_id, at=present.at)
    tell(
        {
            "contract": started.number,
            "account": account,
            "offer": offer,
            "pool": started.pool or None,
            "cost_centre": started.cost_centre or None,
            "starts_on": started.starts_on,
            "ends_on": started.ends_on,
            "next_bill_on": started.next_bill_on,
            "identifiers": dict(identifiers),
        },
        as_json=as_json,
        said=f"contract {started.number}: {offer} for {account} from {started.starts_on}, "
        f"first billed on {started.next_bill_on}",
    )


Number = Annotated[str, typer.Argument(help="The contract's number.", show_default=False)]


@contract.command(
    epilog=examples(
        'contract label C-1 --cost-centre "4711 Sales"',
        'contract label C-1 --cost-centre "" --json',
    )
)
def label(
    number: Number,
    cost_centre: Annotated[str, typer.Option(help="Whose cost it is; empty = nobody's.")],
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Say whose cost a contract is; its next bill is that cost centre's."""
    from tallystick.flows.pay_for import charge_to_centre

    present = act_for(operator)
    charge_to_centre(number, cost_centre=cost_centre, tenant_id=present.tenant_id)
    tell(
        {"contract": number, "cost_centre": cost_centre or None},
        as_json=as_json,
        said=f"contract {number} is "
        + (f"cost centre {cost_centre}'s" if cost_centre else "no cost centre's"),
    )


On = Annotated[
    date | None,
    typer.Option("--on", parser=read_day, metavar="DAY", help="From that day on; else today."),
]


@contract.command(
    epilog=examples(
        "contract change C-1 --offer mobile-l --on 2026-03-14",
        "contract change C-1 --quantity 12 --json",
    )
)
def change(
    number: Number,
    offer: Annotated[str | None, typer.Option(help="The offer's code; else as it is.")] = None,
    quantity: Annotated[int | None, typer.Option(min=0, help="Else as it is.")] = None,
    on: On = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Change what a contract holds; the next bill charges and gives back what follows from it."""
    from tallystick.flows.alter import change_contract

    if offer is None and quantity is None:
        raise typer.BadParameter("say --offer CODE, --quantity NUMBER or both")
    present = act_for(operator)
    done = change_contract(
        number,
        offer=offer,
        quantity=quantity,
        on=on or present.today,
        tenant_id=present.tenant_id,
        at=present.at,
    )
    tell(
        asdict(done),
        as_json=as_json,
        said=f"contract {number}: {done.before_quantity} x {done.before} becomes "
        f"{done.after_quantity} x {done.after} on {done.on}; see: tallystick bill rehearse",
    )


@contract.command(
    "take-back", epilog=examples("contract take-back C-1", "contract take-back C-1 --json")
)
def take_back_change(number: Number, operator: Operator = None, as_json: AsJson = False) -> None:
    """Take back the change of a contract that is planned for a day to come."""
    from tallystick.flows.alter import take_back

    present = act_for(operator)
    goes_on = take_back(number, after=present.today, tenant_id=present.tenant_id)
    tell(
        {"contract": number, "offer": goes_on},
        as_json=as_json,
        said=f"contract {number} goes on with {goes_on}",
    )


@contract.command(
    epilog=examples(
        "contract pause C-1 --on 2026-07-01", "contract pause C-1 --until 2026-09-01 --json"
    )
)
def pause(
    number: Number,
    on: On = None,
    until: Annotated[
        date | None,
        typer.Option(parser=read_day, metavar="DAY", help="The day it goes on; else when resumed."),
    ] = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Let a contract rest: its services are suspended, its charges follow the offer's policy."""
    from tallystick.flows.alter import rest_contract

    present = act_for(operator)
    since = on or present.today
    if until is not None and until <= since:
        raise typer.BadParameter(f"--until {until} is not after the first day, {since}")
    rest_contract(number, on=since, until=until, tenant_id=present.tenant_id, at=present.at)
    ending = f" until {until}" if until else ""
    tell(
        {"contract": number, "paused_from": since, "paused_to": until},
        as_json=as_json,
        said=f"contract {number} rests from {since}{ending}",
    )


@contract.command(
    epilog=examples("contract resume C-1", "contract resume C-1 --on 2026-09-01 --json")
)
def resume(
    number: Number, on: On = None, operator: Operator = None, as_json: AsJson = False
) -> None:
    """Let a contract that rests go on."""
    from tallystick.flows.alter import wake_contract

    present = act_for(operator)
    since = on or present.today
    wake_contract(number, on=since, tenant_id=present.tenant_id, at=present.at)
    tell(
        {"contract": number, "resumed_on": since},
        as_json=as_json,
        said=f"contract {number} goes on from {since}",
    )
