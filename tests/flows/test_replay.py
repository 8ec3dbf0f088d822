"""Rejects come back once corrected, are charged exactly once, and every figure still adds up."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tallystick.core.capture.radius import radius_format
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage.models import Batch, Reject, Suspense
from tallystick.domain.usage.rejects import open_rejects
from tallystick.flows.capture import Delivery, capture_usage
from tallystick.flows.charge import charge_usage
from tallystick.flows.invoice import run_bills
from tallystick.flows.reconcile import reconcile
from tallystick.flows.replay import Correction, replay_corrections, replay_rejects
from tallystick.gates.files.formats import find_format
from tallystick.gates.files.usage import open_usage
from tests.flows.businesses import AT, add_customer, open_talk_business

pytestmark = pytest.mark.usefixtures("own_database")

MAPPING = """
format: delimited
columns:
  record_id: [id]
  subject: {from: msisdn, kind: msisdn}
  kind: {constant: voice}
  started_at: {from: start, format: iso}
  quantity: {from: seconds, unit: s}
"""
CALLS = """id,msisdn,start,seconds
r1,491700000001,2026-01-05T10:00:00Z,600
r2,491700000002,2026-01-06T10:00:00Z,61
r3,491700000002,2026-01-06T10:00:00Z,-1
"""


@pytest.fixture
def tenant():
    return open_talk_business(customers=1)


def load(tenant, folder, text=CALLS):
    (folder / "calls.yaml").write_text(MAPPING)
    path = folder / "calls.csv"
    path.write_text(text)
    name = str(folder / "calls.yaml")
    return capture_usage(
        Delivery("switch", "calls.csv", name, str(hash(text))),
        tenant_id=tenant.id,
        chunks=lambda known: open_usage(path, format=find_format(name, sessions=known)),
        at=AT,
    )


def formats(name, sessions):
    return find_format(name, sessions=sessions)


def figures(tenant):
    with acting_for(tenant.id):
        return Batch.objects.values_list("rows_in", "accepted", "duplicates", "rejected").get()


def wrong(tenant):
    return [finding for finding in reconcile(tenant_id=tenant.id) if not finding.ok]


@pytest.mark.parametrize("charged_before", [False, True])
def test_a_subject_made_known_is_taken_and_charged_once(tenant, tmp_path, charged_before):
    load(tenant, tmp_path)
    assert figures(tenant) == (4, 1, 0, 2)
    assert replay_rejects(tenant_id=tenant.id, at=AT).accepted == 0
    assert figures(tenant) == (4, 1, 0, 2)
    if charged_before:
        assert charge_usage(tenant_id=tenant.id, at=AT).events == 1
    add_customer(tenant, 2)

    report = replay_rejects(tenant_id=tenant.id, at=AT)
    assert (report.accepted, report.refused) == (1, ())
    assert figures(tenant) == (4, 2, 0, 1)
    assert replay_rejects(tenant_id=tenant.id, at=AT).accepted == 0

    assert charge_usage(tenant_id=tenant.id, at=AT).events == (1 if charged_before else 2)
    assert charge_usage(tenant_id=tenant.id, at=AT).events == 0
    with acting_for(tenant.id):
        assert Suspense.objects.filter(state="open").count() == 0
    run_bills(tenant_id=tenant.id, on=date(2026, 2, 1), at=AT)
    assert wrong(tenant) == []


def test_corrected_events_and_corrected_text(tenant, tmp_path):
    load(tenant, tmp_path)
    charge_usage(tenant_id=tenant.id, at=AT)
    with acting_for(tenant.id):
        unknown = open_rejects().get(decoded=True)
        negative = open_rejects().get(decoded=False)
    event = json.loads(unknown.raw) | {"subject": "491700000001", "quantity": 62}
    header, *_ = CALLS.splitlines()
    corrections = [
        Correction(unknown.id, event=json.dumps(event)),
        Correction(negative.id, raw=f"{header}\nr3,491700000001,2026-01-06T10:00:00Z,30"),
        Correction(987654, event="{}"),
    ]

    def replay():
        return replay_corrections(corrections, tenant_id=tenant.id, find_format=formats, at=AT)

    report = replay()
    assert (report.accepted, report.refused) == (2, ((987654, "reject_not_open"),))
    assert figures(tenant) == (4, 3, 0, 0)
    with acting_for(tenant.id):
        assert Batch.objects.get().sums["accepted"] == {"voice s": "692"}
    assert replay().accepted == 0
    assert charge_usage(tenant_id=tenant.id, at=AT).events == 2
    assert wrong(tenant) == []


def test_what_is_still_wrong_stays(tenant, tmp_path):
    load(tenant, tmp_path)
    with acting_for(tenant.id):
        unknown = open_rejects().get(decoded=True)
        negative = open_rejects().get(decoded=False)
    event = json.loads(unknown.raw)
    tries = {
        "reading": Correction(unknown.id, event="{no json"),
        "unit": Correction(unknown.id, event=json.dumps(event | {"unit": "stone"})),
        "subject": Correction(unknown.id, event=json.dumps(event | {"subject": "4917"})),
        "claimed": Correction(
            unknown.id,
            event=json.dumps(event | {"subject": "491700000001", "record_id": "r1"}),
        ),
    }
    told = {}
    for name, correction in tries.items():
        report = replay_corrections([correction], tenant_id=tenant.id, find_format=formats, at=AT)
        told[name] = [code for _, code in report.refused]
        assert figures(tenant) == (4, 1, 0, 2), name
        with acting_for(tenant.id):
            tried = open_rejects().get(decoded=True)
            for other in ("subject", "claimed"):
                tries[other] = Correction(tried.id, event=tries[other].event)
    assert told == {
        "reading": ["json_invalid"],
        "unit": ["unit_unknown"],
        "subject": ["unknown_subject"],
        "claimed": ["record_changed"],
    }
    raw = Correction(negative.id, raw=negative.raw)
    report = replay_corrections([raw], tenant_id=tenant.id, find_format=formats, at=AT)
    assert report.refused == ((negative.id, "columns_missing"),)
    assert wrong(tenant) == []


RECORDS = [  # session, status, hour, input, output
    ("s1", "Start", 1, 0, 0),
    ("s1", "Interim-Update", 2, 1000, 10),
    ("s1", "Interim-Update", 3, 3000, 30),
    ("s1", "Stop", 4, 3500, 40),
    ("s1", "Start", 5, 0, 0),
    ("s1", "Stop", 6, 700, 7),
]


def record(session, status, hour, octets_in, octets_out):
    return json.dumps(
        {
            "Acct-Status-Type": status,
            "Acct-Session-Id": session,
            "User-Name": "ada@example.invalid",
            "NAS-Identifier": "nas-1",
            "Event-Timestamp": datetime(2026, 1, 5, hour, tzinfo=UTC).isoformat(),
            "Acct-Session-Time": "0",
            "Acct-Input-Octets": str(octets_in),
            "Acct-Output-Octets": str(octets_out),
        }
    )


def load_records(tenant, path, lines, *, chunk_rows=250_000, stop_after=None):
    path.write_text("\n".join(lines) + "\n")

    def opened(known):
        chunks = open_usage(path, format=radius_format(sessions=known), chunk_rows=chunk_rows)
        for number, chunk in enumerate(chunks):
            if number == stop_after:
                raise KeyboardInterrupt
            yield chunk

    return capture_usage(
        Delivery("nas", path.name, "radius", path.name),
        tenant_id=tenant.id,
        chunks=opened,
        at=AT,
    )


def octets(tenant):
    with acting_for(tenant.id):
        batches = Batch.objects.order_by("id")
        return [batch.sums.get("rejected", "0") for batch in batches]


@pytest.mark.parametrize("cut", range(1, 6))
def test_sessions_go_on_from_file_to_file(tenant, tmp_path, cut):
    lines = [record(*fields) for fields in RECORDS]
    load_records(tenant, tmp_path / "one", lines[:cut])
    load_records(tenant, tmp_path / "two", lines[cut:])
    load_records(tenant, tmp_path / "again", lines)
    assert sum(map(Decimal, octets(tenant))) == 3540 + 707


@pytest.mark.parametrize("stop_after", range(1, 6))
def test_a_stopped_load_of_sessions_goes_on(tenant, tmp_path, stop_after):
    lines = [record(*fields) for fields in RECORDS]
    with pytest.raises(KeyboardInterrupt):
        load_records(tenant, tmp_path / "one", lines, chunk_rows=1, stop_after=stop_after)
    report = load_records(tenant, tmp_path / "one", lines, chunk_rows=1)
    assert report.manifest.rows_in == 6
    assert report.manifest.quantity_rejected == 3540 + 707
    with acting_for(tenant.id):
        assert Reject.objects.count() == 4  # the user is nobody's: one for each growth


def test_a_damaged_file_keeps_what_came_before(tenant, tmp_path):
    lines = CALLS.splitlines()
    broken = "\n".join(lines[:2]).encode() + b"\n" + b"\xff" * 10 + b"\n"
    (tmp_path / "calls.yaml").write_text(MAPPING)
    path = tmp_path / "broken.csv"
    path.write_bytes(broken)
    fmt = find_format(str(tmp_path / "calls.yaml"))

    def opened(known):
        path.write_bytes(broken.replace(b"\xff" * 10, lines[2].encode()))
        yield next(iter(open_usage(path, format=fmt, chunk_rows=2)))
        path.write_bytes(broken)
        yield from open_usage(path, format=fmt, chunk_rows=1)

    with pytest.raises(Exception, match="text"):
        capture_usage(
            Delivery("switch", "broken.csv", "x", "d"), tenant_id=tenant.id, chunks=opened, at=AT
        )
    assert load(tenant, tmp_path).manifest.duplicates == 1
    assert charge_usage(tenant_id=tenant.id, at=AT).events == 1


def test_every_interval_of_a_meter_day_is_a_reject_of_its_own(tenant):
    path = Path(__file__).parents[1] / "samples/nem12/NEM12_000000000000001_CNRGYMDP_NEMMCO.zip"
    report = capture_usage(
        Delivery("meters", path.name, "nem12", "d"),
        tenant_id=tenant.id,
        chunks=open_usage(path, format=find_format("nem12")),
        at=AT,
    )
    assert report.manifest.rejected > 48
    with acting_for(tenant.id):
        assert Reject.objects.filter(code="unknown_subject").count() == report.manifest.rejected
