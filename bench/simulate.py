"""A draft tried on a month of stored calls, beside merely reading them."""

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bench.business import open_operator, own_database
from bench.measure import Figure, timed
from bench.pipeline import ACCOUNTS, MAPPING, load_and_charge, write_calls
from bench.rating import CATALOGUE, deck_file

if TYPE_CHECKING:
    from tallystick.core.tariff.written import WrittenCatalogue

MARCH = (date(2026, 3, 1), date(2026, 4, 1))


def run(rows: int = 1_000_000) -> Figure:
    """Both sides are rated: as published, and as drafted with fewer minutes included."""
    from tallystick.core.tariff.written import WrittenCatalogue

    with own_database(), TemporaryDirectory() as folder:
        path, mapping = Path(folder) / "calls.csv", Path(folder) / "calls.yaml"
        mapping.write_text(MAPPING)
        write_calls(path, rows)
        files = {"world.csv": deck_file()}
        tenant_id = open_operator(catalogue=CATALOGUE, files=files, accounts=ACCOUNTS)
        load_and_charge(path, mapping, tenant_id=tenant_id, rows=rows)
        text = CATALOGUE.replace("300 min", "30 min")
        draft = WrittenCatalogue("draft.yaml", text, files)
        with timed() as limit:
            _merely_read(tenant_id)
        with timed() as work:
            _simulate(draft, tenant_id=tenant_id)
    return Figure("simulate", rows, work.seconds, limit.seconds)


def _merely_read(tenant_id: int) -> None:
    """The limit: all events read at once."""
    from tallystick.base.period import day_start
    from tallystick.domain.parties.organisations import AccountRange
    from tallystick.domain.tenants.scope import acting_for
    from tallystick.domain.usage.past_tables import read_past_events

    zone = ZoneInfo("Europe/Berlin")
    with acting_for(tenant_id):
        span = (day_start(MARCH[0], zone), day_start(MARCH[1], zone))
        read_past_events(accounts=AccountRange(0, 2**62), span=span)


def _simulate(draft: "WrittenCatalogue", *, tenant_id: int) -> None:
    from tallystick.flows.simulate import simulate_draft

    found, _ = simulate_draft(draft, tenant_id=tenant_id, first=MARCH[0], last=MARCH[1])
    assert found.more > found.less
    assert found.unrated.is_empty()
