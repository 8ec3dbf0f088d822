"""How contracts end: at once, on a day to come, by notice; and the day's work that does it."""

from dataclasses import asdict
from datetime import date
from typing import Annotated

import typer

from tallystick.gates.cli import accounts
from tallystick.gates.cli.accounts import Number, On
from tallystick.gates.cli.answers import examples, tell
from tallystick.gates.cli.asking import AsJson, Day, Operator, act_for, read_day

contract = typer.Typer()


def join(to: typer.Typer) -> None:
    """Adds these commands to those of `contract`."""
    to.registered_commands += contract.registered_commands


@accounts.account.command(
    "bill-day",
    epilog=examples("account bill-day A-1001 15", "account bill-day A-1001 15 --long --json"),
)
def change_day(
    number: Annotated[str, typer.Argument(help="The account's number.", show_default=False)],
    day: Annotated[int, typer.Argument(min=1, max=31, help="Of the month.", show_default=False)],
    long: Annotated[
        bool, typer.Option("--long", help="Bill the days until then with the cycle after them.")
    ] = False,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Bill an account on another day of the month, from where its cycles end.

    The days until then are a short cycle, charged by days and billed at once.
    """
    from tallystick.flows.bill_day import change_bill_day

    present = act_for(operator)
    done = change_bill_day(number, day=day, long=long, tenant_id=present.tenant_id, at=present.at)
    since = "".join(f"; {contract} from {on}" for contract, on in done.contracts)
    tell(
        asdict(done) | {"contracts": dict(done.contracts)},
        as_json=as_json,
        said=f"account {number} is billed on day {done.after}, no more on {done.before}{since}",
    )


@contract.command(
    epilog=examples(
        "contract end C-1", "contract end C-1 --on 2026-03-01 --waive", "contract end C-1 --json"
    )
)
def end(
    number: Number,
    on: On = None,
    waive: Annotated[
        bool, typer.Option("--waive", help="Leaving a minimum term early costs nothing.")
    ] = False,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """End a contract as a day begins; its last bill is due at once.

    A day to come is agreed: `contract run` or a bill run does it on that day. Instalments that are
    left fall due, and so does what the offer charges for leaving its minimum term.
    """
    from tallystick.flows.end import stop_contract

    present = act_for(operator)
    ended = stop_contract(
        number,
        tenant_id=present.tenant_id,
        on=on or present.today,
        at=present.at,
        waived=waive,
    )
    tell(
        {"contract": number, "ends_on": ended.ends_on, "waived": waive},
        as_json=as_json,
        said=f"contract {number} ends on {ended.ends_on}; see: tallystick bill rehearse",
    )


NoticeOn = Annotated[
    date | None,
    typer.Option("--on", parser=read_day, metavar="DAY", help="When it was given; else today."),
]


@contract.command(
    epilog=examples("contract notice C-1", "contract notice C-1 --on 2026-03-14 --json")
)
def notice(
    number: Number, on: NoticeOn = None, operator: Operator = None, as_json: AsJson = False
) -> None:
    """Take a customer's notice: the contract ends when its term and notice first allow it."""
    from tallystick.flows.end import give_notice

    present = act_for(operator)
    ended = give_notice(number, tenant_id=present.tenant_id, on=on or present.today, at=present.at)
    tell(
        {"contract": number, "ends_on": ended.ends_on},
        as_json=as_json,
        said=f"contract {number} ends on {ended.ends_on} without a charge for leaving; to take "
        f"that back: tallystick contract keep {number}",
    )


@contract.command(
    epilog=examples(
        "contract backdate C-1 --from 2026-01-05", "contract backdate C-1 --from 2026-01-05 --json"
    )
)
def backdate(
    number: Number,
    since: Annotated[
        date, typer.Option("--from", parser=read_day, metavar="DAY", help="The earlier day.")
    ],
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Let a contract that was entered too late begin earlier; it must not be billed yet.

    Usage that nobody held then can be taken in afterwards, with `usage replay`.
    """
    from tallystick.flows.backdate import backdate_contract

    present = act_for(operator)
    begun = backdate_contract(number, tenant_id=present.tenant_id, on=since)
    tell(
        {"contract": number, "starts_on": begun.starts_on, "next_bill_on": begun.next_bill_on},
        as_json=as_json,
        said=f"contract {number} begins on {begun.starts_on}, first billed on "
        f"{begun.next_bill_on}; usage that nobody held before: tallystick usage replay --all "
        "--code subject_not_held_then",
    )


@contract.command(epilog=examples("contract keep C-1", "contract keep C-1 --json"))
def keep(number: Number, operator: Operator = None, as_json: AsJson = False) -> None:
    """Take back the end of a contract that is agreed for a day to come."""
    from tallystick.flows.end import keep as keep_on

    present = act_for(operator)
    was = keep_on(number, tenant_id=present.tenant_id)
    tell(
        {"contract": number, "ended_on": was},
        as_json=as_json,
        said=f"contract {number} goes on and does not end on {was}",
    )


@contract.command(epilog=examples("contract run", "contract run --date 2026-03-01 --json"))
def run(day: Day = None, operator: Operator = None, as_json: AsJson = False) -> None:
    """Do what was agreed for today: contracts end, rests begin and end. Run it every morning.

    Equipment that was due back and did not come is charged with the next bill.

    A bill run does so first. Told again on the same day, it does nothing more.
    """
    from tallystick.flows.agreed import do_agreed

    present = act_for(operator)
    done = do_agreed(tenant_id=present.tenant_id, on=day or present.today, at=present.at)
    tell(
        asdict(done),
        as_json=as_json,
        said=f"{done.ended} contracts ended, {done.rested} began to rest, {done.resumed} go on"
        + (f"; {done.charged} devices not returned are charged" if done.charged else ""),
    )
