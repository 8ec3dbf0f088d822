"""The demonstration: invented businesses lived through, and what came of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tallystick.base.courier import Courier
from tallystick.base.money import minor_decimals
from tallystick.domain.invoices.models import Invoice
from tallystick.domain.tenants.scope import acting_for, list_tenants
from tallystick.flows.document import print_invoice
from tallystick.flows.reconcile import Finding, reconcile
from tallystick.packs.pack import Pack
from tallystick.packs.rehearse import Story, rehearse
from tallystick.wiring.couriers import couriers_of
from tallystick.wiring.ports import INVOICE_PRINTER

PACKS: Final = ("mvno", "energy", "isp")


@dataclass(frozen=True, slots=True)
class Told:
    """One business of the demonstration: its story, its proofs and where its invoices lie."""

    pack: Pack
    story: Story
    findings: list[Finding]
    folder: Path
    seconds: float

    @property
    def balances(self) -> bool:
        return all(finding.ok for finding in self.findings)


def run_demo(*, home: Path, names: Sequence[str], console: Console) -> list[Told]:
    """Rehearses each pack's business as a new operator and prints its invoices to PDF."""
    couriers = couriers_of(home)
    return [_tell(home, name, couriers, console) for name in names]


def _tell(home: Path, name: str, couriers: dict[str, Courier], console: Console) -> Told:
    pack: Pack = import_module(f"tallystick.packs.{name}.pack").PACK
    started = perf_counter()
    if not console.is_terminal:
        console.print(f"{pack.business.name} ...")
    columns = (TextColumn("{task.description:<28}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=not console.is_terminal) as bars:
        days = bars.add_task(pack.business.name, total=None)

        def draw(what: str, *, done: int, total: int) -> None:
            bars.update(days, completed=done, total=total)

        story = rehearse(
            pack, code=_free_code(pack.business.code), couriers=couriers, progress=draw
        )
        folder = home / "invoices" / story.tenant.code
        _print_all(story, folder, bars)
    findings = reconcile(tenant_id=story.tenant.id)
    return Told(pack, story, findings, folder, perf_counter() - started)


def _free_code(wanted: str) -> str:
    """The code, or the first numbered one that no operator has: every demo is a new one."""
    taken = {code for _, code, _ in list_tenants()}
    return next(code for code in _candidates(wanted) if code not in taken)


def _candidates(wanted: str) -> Iterator[str]:
    yield wanted
    number = 2
    while True:
        yield f"{wanted}-{number}"
        number += 1


def _print_all(story: Story, folder: Path, bars: Progress) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with acting_for(story.tenant.id):
        numbers = list(Invoice.objects.order_by("number").values_list("number", flat=True))
    for number in bars.track(numbers, description="  invoices as PDF"):
        pdf = print_invoice(number, tenant_id=story.tenant.id, printer=INVOICE_PRINTER)
        (folder / f"{number}.pdf").write_bytes(pdf)


def show_demo(told: Sequence[Told], *, console: Console, home: Path) -> None:
    """The summary that a newcomer reads."""
    table = Table(title="What happened", title_justify="left")
    table.add_column("", no_wrap=True)
    for one in told:
        table.add_column(one.story.tenant.name, justify="right")
    for label, figures in _figures(told):
        table.add_row(label, *figures)
    console.print(table)
    for one in told:
        _tell_cut_offs(one, console)
    console.print("\nBooks")
    for one in told:
        wrong = [finding for finding in one.findings if not finding.ok]
        mark = "[red]do not match[/]" if wrong else "[green]balance[/]"
        proofs = f"{len(one.findings) - len(wrong)} of {len(one.findings)} proofs hold"
        console.print(f"  {one.story.tenant.name}: {mark}, {proofs}")
        for finding in wrong:
            console.print(f"    {finding.name}: {finding.expected} is not {finding.found}")
    console.print(f"\nInvoices as PDF   {home / 'invoices'}")
    console.print(f"Network was told  {home / 'network.log'}")
    console.print(f"Reminders sent    {home / 'mail'}")


def _figures(told: Sequence[Told]) -> Iterator[tuple[str, list[str]]]:
    stories = [one.story for one in told]
    yield "customers", [f"{story.customers:,}" for story in stories]
    yield "usage files", [f"{story.files:,}" for story in stories]
    yield "  sent twice, taken once", [f"{story.files_again:,}" for story in stories]
    yield "usage rows in", [f"{story.usage.rows_in:,}" for story in stories]
    yield "  accepted", [f"{story.usage.accepted:,}" for story in stories]
    yield "  duplicates", [f"{story.usage.duplicates:,}" for story in stories]
    yield "  rejected, to correct", [f"{story.usage.rejected:,}" for story in stories]
    yield "  carry no usage", [f"{story.usage.absorbed:,}" for story in stories]
    yield "rated lines", [f"{story.lines:,}" for story in stories]
    yield "invoices", [f"{story.invoices:,}" for story in stories]
    yield "billed, tax included", [_money(one, one.story.billed) for one in told]
    yield "paid", [_money(one, one.story.paid) for one in told]
    yield "still open", [_money(one, one.story.billed - one.story.paid) for one in told]
    yield "reminders", [f"{story.steps['remind']:,}" for story in stories]
    yield "cut off", [f"{len(story.cut_off):,}" for story in stories]
    yield "restored by payment", [f"{len(story.restored):,}" for story in stories]
    yield "seconds", [f"{one.seconds:.1f}" for one in told]


def _money(one: Told, amount: Any) -> str:
    currency = one.pack.business.currency
    return f"{amount:,.{minor_decimals(currency)}f} {currency}"


def _tell_cut_offs(one: Told, console: Console) -> None:
    restored = {account: day for day, account in one.story.restored}
    for day, account in one.story.cut_off:
        back = f"restored by payment on {restored[account]}" if account in restored else "still off"
        console.print(f"  {one.story.tenant.name}: {account} cut off on {day}, {back}")


def demo_figures(told: Sequence[Told]) -> list[dict[str, Any]]:
    """The same for scripts."""
    return [
        {
            "operator": one.story.tenant.code,
            "customers": one.story.customers,
            "files": one.story.files,
            "files_again": one.story.files_again,
            "rows_in": one.story.usage.rows_in,
            "accepted": one.story.usage.accepted,
            "duplicates": one.story.usage.duplicates,
            "rejected": one.story.usage.rejected,
            "absorbed": one.story.usage.absorbed,
            "rated_lines": one.story.lines,
            "invoices": one.story.invoices,
            "billed": one.story.billed,
            "paid": one.story.paid,
            "cut_off": [account for _, account in one.story.cut_off],
            "restored": [account for _, account in one.story.restored],
            "invoices_folder": one.folder,
            "seconds": f"{one.seconds:.1f}",
            "books": [
                {"name": f.name, "ok": f.ok, "expected": f.expected, "found": f.found}
                for f in one.findings
            ],
        }
        for one in told
    ]
