"""What contracts and accounts have of their own: discounts, coupons, commitments, prices."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import examples, table_of, tell
from tallystick.gates.cli.asking import AsJson, Operator, act_for, read_day, spread

if TYPE_CHECKING:
    from tallystick.domain.contracts.models import Grant, PriceOverride
    from tallystick.flows.grant import Holder

app = typer.Typer()
grant = typer.Typer(
    no_args_is_help=True,
    help="Discounts, coupons and commitments of single contracts and accounts.",
)
override = typer.Typer(no_args_is_help=True, help="Prices that single contracts have of their own.")
app.add_typer(grant, name="grant")
app.add_typer(override, name="override")

REHEARSE = "see what it does with: tallystick bill rehearse"

Words = Annotated[
    str, typer.Argument(help="In the words of a price list, in quotes.", show_default=False)
]
Name = Annotated[str, typer.Argument(help="What bills call it.", show_default=False)]
ContractNumber = Annotated[str, typer.Argument(help="The contract.", show_default=False)]
Component = Annotated[str, typer.Argument(help="The component's code.", show_default=False)]
EndDay = Annotated[
    date | None,
    typer.Option("--on", parser=read_day, metavar="DAY", help="The first day without; else today."),
]


@dataclass(frozen=True, slots=True)
class Whose:
    """Who has it."""

    contract: Annotated[str | None, typer.Option(help="The contract that has it.")] = None
    account: Annotated[
        str | None, typer.Option(help="The account that has it, for all its contracts.")
    ] = None


@dataclass(frozen=True, slots=True)
class Days:
    """When it holds."""

    starts: Annotated[
        date | None,
        typer.Option("--from", parser=read_day, metavar="DAY", help="First day; else today."),
    ] = None
    ends: Annotated[
        date | None,
        typer.Option("--to", parser=read_day, metavar="DAY", help="The day after its last."),
    ] = None


@grant.command(
    epilog=examples(
        "grant discount loyal '{less: 10 %, covers: [line], for: 12 months}' --contract C-1",
        "grant discount staff '{less: 50 %}' --account A-1001 --to 2027-01-01",
    )
)
@spread
def discount(
    name: Name,
    words: Words,
    whose: Whose,
    days: Days,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Grant less of what components cost, cycle by cycle."""
    _give("discount", name, words, whose, days, operator=operator, as_json=as_json)


@grant.command(
    epilog=examples(
        "grant coupon welcome '{less: 10.00}' --account A-1001",
        "grant coupon spring '{less: 20 %, covers: [line], bills: 3}' --contract C-1",
    )
)
@spread
def coupon(
    name: Name,
    words: Words,
    whose: Whose,
    days: Days,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Grant something off one bill, or off so many bills."""
    _give("coupon", name, words, whose, days, operator=operator, as_json=as_json)


@grant.command(
    epilog=examples(
        "grant commitment saver '{pay: 50.00 per month, covers: [vm], discount: 30 %}' "
        "--contract C-1 --to 2027-01-01",
        "grant commitment reserved '{pay: 0.05 per h, for: 1 h, covers: [vm]}' --contract C-1",
    )
)
@spread
def commitment(
    name: Name,
    words: Words,
    whose: Whose,
    days: Days,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Note what a contract has promised to pay for, used or not."""
    _give("commitment", name, words, whose, days, operator=operator, as_json=as_json)


@grant.command("list", epilog=examples("grant list", "grant list --account A-1001 --json"))
@spread
def list_grants(whose: Whose, operator: Operator = None, as_json: AsJson = False) -> None:
    """List grants, those of one holder or all."""
    from tallystick.domain.contracts.grants import grants_of
    from tallystick.domain.contracts.queries import contract_numbered
    from tallystick.domain.parties.queries import account_numbered

    present = act_for(operator)
    with acting_for(present.tenant_id):
        account = account_numbered(whose.account).id if whose.account else None
        held = contract_numbered(whose.contract) if whose.contract else None
        rows = [
            _grant_told(one)
            for one in grants_of(held.account_id if held else account)
            if held is None or one.contract_id in (None, held.id)
        ]
    table = table_of(list(rows[0]), [list(row.values()) for row in rows]) if rows else None
    tell({"grants": rows}, as_json=as_json, table=table, said="" if rows else "no grants")


@grant.command(
    "end",
    epilog=examples(
        "grant end loyal --contract C-1 --on 2026-06-01", "grant end staff --account A-1001 --json"
    ),
)
@spread
def end_one(
    name: Name,
    whose: Whose,
    on: EndDay = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """End a grant; bills that have it keep it."""
    from tallystick.flows.grant import stop_grant

    holder, present = _holder(whose), act_for(operator)
    ended = stop_grant(name, of=holder, tenant_id=present.tenant_id, on=on or present.today)
    told = {"name": name, "kind": ended.kind, "valid_to": ended.valid_to}
    tell(
        told,
        as_json=as_json,
        said=f"{ended.kind} {name} ends with the day before {told['valid_to']}",
    )


@override.command(
    "set",
    epilog=examples(
        "override set C-1 vm '0.010 per h'",
        "override set C-1 line 9.90 --from 2026-03-01 --to 2027-03-01",
        "override set C-1 egress '{to 1 TB: 0, above: 0.04}'",
    ),
)
@spread
def set_price(
    contract: ContractNumber,
    component: Component,
    price: Annotated[str, typer.Argument(help="As a price list has it.", show_default=False)],
    days: Days,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Give a contract its own price: of usage at once, of what recurs from its next cycle."""
    from tallystick.domain.contracts.grants import Wording
    from tallystick.flows.grant import give_price

    present = act_for(operator)
    given = give_price(
        contract,
        component=component,
        wording=Wording(price, days.starts or present.today, days.ends),
        tenant_id=present.tenant_id,
        at=present.at,
    )
    tell(
        {
            "contract": contract, "component": component, "price": price,
            "valid_from": given.valid_from, "valid_to": given.valid_to,
        },
        as_json=as_json,
        said=f"{component} of {contract} costs {price} from {given.valid_from}; {REHEARSE}",
    )  # fmt: skip


@override.command("list", epilog=examples("override list", "override list --contract C-1 --json"))
def list_prices(
    contract: Annotated[str | None, typer.Option(help="The contract.")] = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """List contracts' own prices."""
    from tallystick.domain.contracts.grants import overrides_of
    from tallystick.domain.contracts.queries import contract_numbered

    present = act_for(operator)
    with acting_for(present.tenant_id):
        held = contract_numbered(contract).id if contract else None
        rows = [_price_told(one) for one in overrides_of(held)]
    table = table_of(list(rows[0]), [list(row.values()) for row in rows]) if rows else None
    tell({"overrides": rows}, as_json=as_json, table=table, said="" if rows else "no own prices")


@override.command(
    "end", epilog=examples("override end C-1 vm --on 2026-06-01", "override end C-1 line --json")
)
def end_price(
    contract: ContractNumber,
    component: Component,
    on: EndDay = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """End a contract's own price; from that day on its offer's counts again."""
    from tallystick.flows.grant import stop_price

    present = act_for(operator)
    day = on or present.today
    stop_price(contract, component=component, tenant_id=present.tenant_id, on=day)
    tell(
        {"contract": contract, "component": component, "valid_to": day},
        as_json=as_json,
        said=f"{component} of {contract} costs what its offer says from {day}",
    )


def _give(
    kind: str,
    name: str,
    words: str,
    whose: Whose,
    days: Days,
    *,
    operator: str | None,
    as_json: bool,
) -> None:
    from tallystick.domain.contracts.grants import Wording
    from tallystick.flows.grant import GrantWish, give_grant

    holder, present = _holder(whose), act_for(operator)
    wish = GrantWish(kind, name, Wording(words, days.starts or present.today, days.ends))
    given = give_grant(wish, to=holder, tenant_id=present.tenant_id, at=present.at)
    who = whose.contract or whose.account
    told: dict[str, Any] = {
        "kind": kind,
        "name": name,
        "holder": who,
        "words": words,
        "valid_from": given.valid_from,
        "valid_to": given.valid_to,
    }
    said = f"{who} has the {kind} {name} from {given.valid_from}; {REHEARSE}"
    tell(told, as_json=as_json, said=said)


def _holder(whose: Whose) -> "Holder":
    from tallystick.flows.grant import Holder

    if (whose.contract is None) == (whose.account is None):
        raise typer.BadParameter("say who has it: --contract C-1, or --account A-1001 for all")
    return Holder(contract=whose.contract, account=whose.account)


def _grant_told(one: "Grant") -> dict[str, Any]:
    return {
        "account": one.account.number,
        "contract": one.contract.number if one.contract else None,
        "kind": one.kind,
        "name": one.name,
        "words": one.words,
        "from": one.valid_from,
        "to": one.valid_to,
    }


def _price_told(one: "PriceOverride") -> dict[str, Any]:
    return {
        "contract": one.contract.number,
        "component": one.component.code,
        "price": one.words,
        "from": one.valid_from,
        "to": one.valid_to,
    }
