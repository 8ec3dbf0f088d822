"""A short life told as a story, and what its invoices come to: for faults that need little."""

from pathlib import Path

from tallystick.domain.invoices.models import Invoice, InvoiceLine
from tallystick.domain.tenants.scope import acting_for, tenant_id_of
from tallystick.flows.reconcile import reconcile
from tallystick.packs.stories.play import play_story
from tallystick.packs.stories.read import read_story

SCENARIOS = Path(__file__).parents[1] / "scenarios"
LIFE = """
business businesses/orchard.yaml catalogue businesses/orchard-period-prices.yaml
2026-01-01 account A1 "Alder Bakery" business bill-day 1
2026-01-01 account A2 "Birch Books" business bill-day 1
2026-01-01 contract C1 of A1 offer office msisdn 4930000001
2026-01-01 contract C2 of A2 offer volume msisdn 4930000002
2026-01-01 bill run
2026-01-20 usage mapping:businesses/orchard-calls.yaml <<END
id,line,at,seconds
u1,4930000001,2026-01-10T09:00:00,60000
u2,4930000002,2026-01-10T09:00:00,12000
END
2026-01-20 rate
"""


def lived(name: str, more: str) -> int:
    story = read_story(LIFE + more, file=f"{name}.story", name=name)
    assert play_story(story, folder=SCENARIOS, code=name).failed == ()
    return tenant_id_of(name)


def figures(tenant_id: int) -> list[tuple[object, ...]]:
    """What every invoice says, without ids; and that the books match."""
    assert [one for one in reconcile(tenant_id=tenant_id) if not one.ok] == []
    with acting_for(tenant_id):
        numbers = sorted(Invoice.objects.filter(kind="invoice").values_list("number", flat=True))
        assert numbers == [f"INV-2026-{n:06d}" for n in range(1, len(numbers) + 1)]
        lines = InvoiceLine.objects.values_list(
            "account__number", "invoice__kind", "invoice__issued_on", "purpose", "period_from",
            "description", "quantity", "net", "freed",
        )  # fmt: skip
        # A single charge is named by its id, and those of work that was undone are not given again.
        return sorted((*row[:3], row[3].partition(":")[0], *row[4:]) for row in lines)
