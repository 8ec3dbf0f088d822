"""The same price list and usage through `price` and through a business: charged, late, billed."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

import polars as pl
from django.db import connection

from tallystick.base.frames import REJECTS, USAGE_IN
from tallystick.core.capture.decoded import Decoded
from tallystick.core.price.lists import PriceText, read_price_lists
from tallystick.core.price.price import Executor, Priced, Span, price_usage
from tallystick.core.price.usage import Contract
from tallystick.core.tariff.nodes import Catalogue, Filter, Offer, UsagePrice
from tallystick.domain.invoices.models import InvoiceLine
from tallystick.domain.parties.operations import AccountTerms, PartyDetails, open_account
from tallystick.domain.tenants.models import ClockKind, Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows import invoice
from tallystick.flows.acquire import open_operator, publish_catalogue
from tallystick.flows.activate import ContractWish, ServiceWish, start_contract
from tallystick.flows.capture import Delivery, capture_usage
from tallystick.flows.charge import charge_usage
from tallystick.flows.document import events_of_line
from tallystick.flows.why import why_priced

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
FIRST, LAST = date(2026, 3, 1), date(2026, 5, 1)
UNITS = {"voice": "s", "data": "B", "sms": "msg"}
NUMBERS = ("1", "0.25", "12.5", "-3")

Sums = dict[tuple[Any, ...], Any]


@dataclass(frozen=True)
class Bench:
    """Two accounts of one organisation and one alone, two contracts each, and what they use."""

    catalogue: Catalogue
    text: str
    files: Mapping[str, bytes]
    contracts: tuple[Contract, ...]
    rows: tuple[dict[str, str], ...]  # as a file says them, from line 1 on


def make_bench(
    rng: Random, catalogue: Catalogue, *, text: str, files: Mapping[str, bytes], events: int
) -> Bench:
    """Usage on what the catalogue prices, in March and April 2026."""
    offers = [offer for offer in catalogue.offers if (offer.valid_from or FIRST) <= FIRST]
    contracts = tuple(
        Contract(
            contract=f"{account}{number}",
            account=str(account),
            offer=offers[(2 * account + number) % len(offers)].code,
            starts=FIRST,
            organisation="1" if account < 3 else None,
            pool="vans" if number else None,
        )
        for account in (1, 2, 3)
        for number in (0, 1)
    )
    by_code = {offer.code: offer for offer in offers}
    rows = []
    while len(rows) < events:
        who = rng.choice(contracts)
        rows += _event(rng, catalogue, by_code[who.offer or ""], who.contract)
    return Bench(catalogue, text, files, contracts, tuple(rows))


def _event(rng: Random, catalogue: Catalogue, offer: Offer, contract: str) -> list[dict[str, str]]:
    """An event that one of the offer's prices is for; none where it prices no usage."""
    parts = [part for part in offer.components if isinstance(part, UsagePrice)]
    if not parts:
        return []
    part = rng.choice(parts)
    unit = (part.counts.source if part.counts else part.unit) or UNITS.get(part.of, "event")
    zone = ZoneInfo(catalogue.zone)
    seconds = rng.choice((rng.randrange(86_400), 0, 7_199, 25_200, 86_390))
    local = datetime(2026, 3, 1, tzinfo=zone) + timedelta(days=rng.randrange(61))
    at = (local.astimezone(UTC) + timedelta(seconds=seconds)).replace(tzinfo=UTC)
    size = rng.choice((0, 1, 59, 60, 61, 3_600, rng.randrange(10**5), rng.randrange(10**9)))
    if unit not in ("B",):
        size = size % 20_000
    row = {
        "at": min(at, datetime(2026, 4, 30, 12, tzinfo=UTC)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "of": part.of,
        "contract": contract,
        "usage": f"{size} {unit}",
        "to": rng.choice(("4420791", "49151", "3312")),
        "zone": rng.choice(("national", "eu", "far")),
    }
    fields = [*(part.counts.fields if part.counts else ()), "series", "meter"]
    fields += [price.price.carried for own in part.prices for price in own.tiers
               if price.price.carried]  # fmt: skip
    if part.period and part.period.measure.field:
        fields.append(part.period.measure.field)
    row |= {field: rng.choice(NUMBERS) for field in fields}
    conditions = [part.where, *(one.where for one in offer.components if hasattr(one, "where"))]
    for condition in conditions:
        row |= dict(_fitting(rng, condition))
    deck = catalogue.decks.get(part.deck or "")
    if deck is not None and deck.rows:
        chosen = rng.choice(deck.rows)
        for key, value in zip(deck.keys, chosen.match, strict=True):
            if value is not None and key.field != "band":
                name = "to" if key.field == "called" else key.field
                row[name] = value + "123" if key.prefix else value
    return [row]


def _fitting(rng: Random, condition: Filter) -> Iterator[tuple[str, str]]:
    for term in condition.terms:
        if not term.negated and rng.randrange(3):
            yield ("to" if term.field == "called" else term.field), rng.choice(term.values)


def price_bench(bench: Bench) -> Priced:
    """What `price` says of it, by both executors."""
    lists = read_price_lists([PriceText(bench.text, files=bench.files)])
    span = Span(FIRST, LAST)
    return price_usage(
        bench.rows, prices=lists, contracts=bench.contracts, span=span, executor=Executor.BOTH
    )


def charge_bench(bench: Bench, *, code: str, late: int) -> Tenant:
    """A business that charges and bills it, of which the last `late` events come after a bill."""
    tenant = open_operator(
        code=code,
        at=AT,
        name="Pricewell (invented)",
        industry="mvno",
        country="DE",
        currency=bench.catalogue.currency,
        zone=bench.catalogue.zone,
        language="en",
        rounding="half_up",
        payment_days=14,
        brand={},
        taxes="country: DE\ncategories:\n  standard: [{from: 2021-01-01, rate: 19 %}]\n"
        "  none: [{from: 2021-01-01, rate: 0 %}]\n",
        clock=ClockKind.REHEARSAL,
        rehearsal_at=AT,
    )
    publish_catalogue(
        bench.text, tenant_id=tenant.id, name="prices.yaml", files=bench.files,
        valid_from=date(2025, 1, 1), at=AT,
    )  # fmt: skip
    _open_accounts(bench, tenant)
    early, rest = bench.rows[: len(bench.rows) - late], bench.rows[len(bench.rows) - late :]
    _capture(bench, early, tenant, first=1)
    charge_usage(tenant_id=tenant.id, at=AT)
    _bill(tenant, on=date(2026, 4, 1))
    _capture(bench, rest, tenant, first=len(early) + 1)
    charge_usage(tenant_id=tenant.id, at=AT)
    _bill(tenant, on=LAST)
    return tenant


def _bill(tenant: Tenant, *, on: date) -> None:
    """Bills each account in a task of its own, so that those who share are in several."""
    with mock.patch.object(invoice, "CONTRACTS_PER_TASK", 1):
        report = invoice.run_bills(tenant_id=tenant.id, on=on, at=AT)
    assert not report.held


def _open_accounts(bench: Bench, tenant: Tenant) -> None:
    opened: dict[str, Any] = {}
    for one in bench.contracts:
        if one.account not in opened:
            with acting_for(tenant.id):
                opened[one.account] = open_account(
                    PartyDetails("person", f"Sample {one.account}", "DE", "en"),
                    tenant_id=tenant.id,
                    number=one.account,
                    terms=AccountTerms(
                        bench.catalogue.currency, bench.catalogue.zone, 1, 14, "consumer",
                        "consumer",
                    ),
                    on=FIRST,
                    parent=opened.get(one.organisation or "") if one.account != "1" else None,
                )  # fmt: skip
        wish = ContractWish(
            account=one.account,
            number=one.contract,
            offer=one.offer or "",
            starts_on=FIRST,
            service=ServiceWish("mobile", [("msisdn", f"49170{one.contract}")]),
            pool=one.pool or "",
        )
        start_contract(wish, tenant_id=tenant.id, at=AT)


def _capture(
    bench: Bench, rows: Sequence[Mapping[str, str]], tenant: Tenant, *, first: int
) -> None:
    own = ("at", "of", "contract", "usage", "to", "zone")
    made = []
    for number, row in enumerate(rows, first):
        quantity, _, unit = row["usage"].partition(" ")
        attributes = {name: value for name, value in row.items() if name not in own}
        attributes["row"] = str(number)
        made.append(
            (number, str(number), "msisdn", f"49170{row['contract']}", row["of"],
             datetime.fromisoformat(row["at"]), Decimal(quantity), unit, row.get("to"),
             row.get("zone"), json.dumps(attributes))
        )  # fmt: skip
    usage = pl.DataFrame(made, schema=USAGE_IN, orient="row")
    total = sum(usage["quantity"], Decimal(0))
    chunk = Decoded(usage, REJECTS.to_frame(), len(made), 0, total)
    delivery = Delivery("switch", f"f{first}", "x", f"d{first}")
    capture_usage(delivery, tenant_id=tenant.id, chunks=[chunk], at=AT)


def priced_lines(priced: Priced) -> Sums:
    """(line, component, band, tier) -> measured, billed, allowed, amount; without zeros."""
    found: Sums = {}
    for row in priced.lines.iter_rows(named=True):
        key = (row["usage_id"], priced.code_of(row["component_id"]), row["band"], row["tier"])
        _add(found, key, [row[name] for name in ("measured", "billed", "allowed", "amount")])
    return _without_zeros(found)


def charged_lines(tenant: Tenant) -> Sums:
    """The same of all rated lines, those that were taken back with them."""
    found: Sums = {}
    for line, code, band, tier, *figures in _read(
        tenant,
        "SELECT u.attributes::json->>'row', c.code, r.band, r.tier, r.measured, r.billed,"
        " r.allowed, r.amount FROM usage_ratedline r"
        " JOIN catalog_component c ON c.tenant_id = r.tenant_id AND c.id = r.component_id"
        " JOIN usage_usage u ON u.tenant_id = r.tenant_id AND u.account_id = r.account_id"
        " AND u.id = r.usage_id",
    ):
        _add(found, (int(line), code, band, tier), figures)
    return _without_zeros(found)


def suspended(tenant: Tenant) -> dict[int, str]:
    rows = _read(
        tenant,
        "SELECT u.attributes::json->>'row', s.code FROM usage_suspense s JOIN usage_usage u"
        " ON u.tenant_id = s.tenant_id AND u.account_id = s.account_id AND u.id = s.usage_id"
        " WHERE s.state = 'open'",
    )
    return {int(line): code for line, code in rows}


def priced_bills(priced: Priced) -> Sums:
    """(contract, cycle, component, what for) -> exact amount of all bills; without zeros."""
    found: Sums = {}
    for one in priced.bills():
        kind = "usage" if one.purpose == "usage" else one.charged.term
        _add(found, (one.contract, one.start, one.component, kind), [one.amount])
    return _without_zeros(found)


def billed(tenant: Tenant) -> Sums:
    """The same of the lines of all invoices, of cycles that are over."""
    found: Sums = {}
    for contract, day, code, purpose, exact in _read(
        tenant,
        "SELECT k.number, l.period_from, c.code, l.purpose, l.exact FROM invoices_invoiceline l"
        " JOIN contracts_contract k ON k.tenant_id = l.tenant_id AND k.id = l.contract_id"
        " LEFT JOIN catalog_component c ON c.tenant_id = l.tenant_id AND c.id = l.component_id",
    ):
        kind = purpose.partition("/")[0]
        kind = "usage" if kind.startswith(("usage", "period")) else kind
        if day < LAST:
            _add(found, (contract, day.replace(day=1), code or "", kind), [exact])
    return _without_zeros(found)


def unexplained(tenant: Tenant) -> list[str]:
    """Lines of whole periods that cannot be explained, or whose usage is not found."""
    with acting_for(tenant.id):
        lines = InvoiceLine.objects.filter(purpose__startswith="period")
        return [
            line.description
            for line in lines.select_related("contract__account")
            if not why_priced(line) or (line.quantity and not events_of_line(line))
        ]


def _read(tenant: Tenant, query: str) -> list[tuple[Any, ...]]:
    with acting_for(tenant.id), connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def _add(sums: Sums, key: tuple[Any, ...], figures: Sequence[Decimal]) -> None:
    before = sums.get(key, [Decimal(0)] * len(figures))
    sums[key] = [one + other for one, other in zip(before, figures, strict=True)]


def _without_zeros(sums: Sums) -> Sums:
    told = defaultdict(list)
    for key, figures in sums.items():
        if any(figures):
            told[key] = [Decimal(figure).normalize() + 0 for figure in figures]
    return dict(told)
