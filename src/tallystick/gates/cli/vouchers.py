"""Vouchers: made in batches, redeemed by their PIN, listed, blocked."""

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from tallystick.base.money import plain
from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import examples, table_of, tell
from tallystick.gates.cli.asking import (
    AsJson,
    Operator,
    act_for,
    read_amount,
    read_day,
    read_unit,
    spread,
)

app = typer.Typer()
voucher = typer.Typer(no_args_is_help=True, help="Vouchers: make, redeem, list, block.")
app.add_typer(voucher, name="voucher")

VOUCHERS_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Worth:
    """What a batch is: how many vouchers, worth what, until when."""

    count: Annotated[int, typer.Option(min=1, max=VOUCHERS_MAX, show_default=False)]
    worth: Annotated[
        Decimal,
        typer.Option(parser=read_amount, metavar="QUANTITY", help="Each.", show_default=False),
    ]
    valid_until: Annotated[
        date,
        typer.Option(
            parser=read_day, metavar="DAY", help="The last day to redeem one.", show_default=False
        ),
    ]
    unit: Annotated[
        str | None, typer.Option(help="Such as GB or min; else the operator's currency.")
    ] = None
    days: Annotated[
        int | None, typer.Option(min=1, max=32767, help="To use it in; else without end.")
    ] = None


@voucher.command(
    "make-batch",
    epilog=examples(
        "voucher make-batch SPRING-26 --count 1000 --worth 10 --valid-until 2027-03-31 "
        "--out spring.csv",
        "voucher make-batch DATA-5 --count 50 --worth 5 --unit GB --days 30 "
        "--valid-until 2026-12-31 --out data.csv",
    ),
)
@spread
def make(
    code: Annotated[str, typer.Argument(help="The batch's name.", show_default=False)],
    worth: Worth,
    out: Annotated[
        Path, typer.Option(help="A new file for the serials and PINs.", show_default=False)
    ],
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Make vouchers and write their PINs into a new file: they are kept nowhere else.

    The file is for you alone; whoever reads it can redeem what it holds.
    """
    from tallystick.domain.balances.vouchers import BatchWish, make_batch

    present = act_for(operator)
    unit, factor = read_unit(worth.unit, currency=present.tenant.currency)
    wish = BatchWish(code, worth.count, unit, worth.worth * factor, worth.valid_until, worth.days)
    out.touch(mode=0o600, exist_ok=False)
    try:
        with acting_for(present.tenant_id):
            made = make_batch(wish, tenant_id=present.tenant_id, at=present.at)
            with out.open("w", encoding="utf-8", newline="") as file:
                rows = csv.writer(file)
                rows.writerow(["serial", "pin"])
                rows.writerows(made)
    except BaseException:
        out.unlink()
        raise
    tell(
        {"batch": code, "vouchers": len(made), "unit": unit, "worth": wish.quantity, "file": out},
        as_json=as_json,
        said=f"{len(made)} vouchers worth {plain(wish.quantity)} {unit} each; "
        f"their PINs are in {out} and nowhere else",
    )


@voucher.command(
    epilog=examples(
        "voucher redeem A-1001 1234567890123456",
        "voucher redeem A-1001 '1234 5678 9012 3456' --json",
    )
)
def redeem(
    account: Annotated[str, typer.Argument(help="Whose balance it fills.", show_default=False)],
    pin: Annotated[str, typer.Argument(help="Spaces do not matter.", show_default=False)],
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Put what a voucher is worth into a balance; five wrong PINs in a row lock an account out."""
    from tallystick.flows.redeem import redeem_voucher

    present = act_for(operator)
    done = redeem_voucher(
        pin, tenant_id=present.tenant_id, account=account, on=present.today, at=present.at
    )
    filled = done.filled
    said = f"{done.serial} redeemed; {account} has {plain(filled.left)} of money"
    if filled.repeated:
        said = f"{account} redeemed {done.serial} before; nothing was changed"
    if filled.restored:
        said += f"; restored: {', '.join(filled.restored)}"
    tell(
        {
            "account": account,
            "serial": done.serial,
            "repeated": filled.repeated,
            "left": filled.left,
            "restored": list(filled.restored),
        },
        as_json=as_json,
        said=said,
    )


@voucher.command("list", epilog=examples("voucher list", "voucher list --json"))
def list_batches(operator: Operator = None, as_json: AsJson = False) -> None:
    """List the batches and how many of each are redeemed."""
    from tallystick.domain.balances.vouchers import batches_with_counts

    present = act_for(operator)
    with acting_for(present.tenant_id):
        rows = batches_with_counts()
    columns = ["batch", "unit", "worth", "valid_until", "made", "redeemed", "blocked"]
    tell(
        {"batches": [dict(zip(columns, row, strict=True)) for row in rows]},
        as_json=as_json,
        table=table_of(columns, rows) if rows else None,
        said="" if rows else "there are no vouchers yet; see: tallystick voucher make-batch --help",
    )


@voucher.command(epilog=examples("voucher block SPRING-26", "voucher block SPRING-26-000007"))
def block(
    name: Annotated[str, typer.Argument(help="A batch or a serial.", show_default=False)],
    free: Annotated[bool, typer.Option("--free", help="Let them be redeemed again.")] = False,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Keep a batch or one voucher from being redeemed."""
    from tallystick.domain.balances.vouchers import block_vouchers

    present = act_for(operator)
    with acting_for(present.tenant_id):
        met = block_vouchers(name, blocked=not free)
    done = "freed" if free else "blocked"
    tell({"name": name, done: met}, as_json=as_json, said=f"{name}: {met} vouchers {done}")
