"""Rows of text as usage that can be rated: units, instants, contracts and cycles; or rejects."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from tallystick.base.period import Period
from tallystick.base.quantity import UNITS
from tallystick.core.capture.instants import ISO, instant_checks, read_local, to_instant
from tallystick.core.capture.quantities import (
    FACTOR_SCALE,
    descale,
    quantity_checks,
    read_scaled,
    scale_to_canonical,
    unit_factor,
)
from tallystick.core.capture.rejects import Check, Reason, first_fault, frame_rejects
from tallystick.core.charge.frames import CHARGE_IN, MEMBERS
from tallystick.core.invoice.cycle import CycleRule, Every, cycle_of
from tallystick.core.invoice.due import HeldOffer
from tallystick.core.price.tables import LINE, TextTable, UsageUnreadable

RESULTS: Final = (
    "measured", "billed", "allowed", "fee", "amount", "component", "band", "tier", "key", "version",
)  # fmt: skip
"""Columns of what is expected; they are no part of the usage."""

COLUMNS: Final = (
    "at", "usage", "quantity", "unit", "of", "to", "zone", "account", "contract", "cycle", "under",
    "pool",
)  # fmt: skip
"""Columns with a meaning of their own; every other column is an attribute of the usage."""

SENTENCES: Final = {
    Reason.COLUMN_COUNT: "the row has {value}; a comma too many or too few?",
    Reason.QUOTING: "the quotes do not match ({value}); nothing after this line was read",
    Reason.JSON_INVALID: "the line is no JSON object ({value})",
    Reason.KIND_MISSING: "`of` is empty; say which usage this is, such as voice or data",
    Reason.INSTANT_MISSING: "`at` is empty; write the time as 2026-03-01 10:00",
    Reason.INSTANT_INVALID: "{value!r} is no time; write 2026-03-01 10:00, by the price list's"
    " clock, or 2026-03-01T09:00Z",
    Reason.INSTANT_NONEXISTENT: "the clock skips {value}; write it with its offset, such as"
    " +02:00, or in UTC",
    Reason.INSTANT_AMBIGUOUS: "the clock shows {value} twice; write it with its offset, such as"
    " +02:00, or in UTC",
    Reason.INSTANT_OUT_OF_RANGE: "{value} is not between 1970 and 2200",
    Reason.QUANTITY_MISSING: "no quantity; write a number and its unit, such as 127 s",
    Reason.QUANTITY_INVALID: "{value!r} is no quantity; write a plain number and its unit, such as"
    " 127 s, without exponent or separators",
    Reason.QUANTITY_NEGATIVE: "{value} is less than nothing; usage is counted, not given back",
    Reason.QUANTITY_TOO_FINE: "{value} has more than 9 decimals; round it where it is measured",
    Reason.QUANTITY_TOO_LARGE: "{value} is more than anything can count; check its unit",
    Reason.UNIT_UNKNOWN: "unit {value!r} is not known; write s, min, h, B, MB, GB, kWh, m3, msg,"
    " unit, event... or the currency (docs/concepts/pricing.md has all)",
    Reason.CONTRACT_UNKNOWN: "{value!r} is none of the contracts; name one of them",
    Reason.BEFORE_START: "the contract of this usage begins later; correct the one or the other",
    Reason.AFTER_END: "the contract of this usage has ended before; correct the one or the other",
    Reason.DAY_INVALID: "{value!r} is no cycle; write its first day, such as 2026-03-01",
}  # fmt: skip

FIRST_DAY: Final = date(1970, 1, 1)
"""Before any usage that may be priced."""

_CLOCK: Final = r"^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d)(Z|[+-]\d\d:?\d\d)?$"
_PAIR: Final = r"^\s*(\S+)\s+(\S.*?)\s*$"


@dataclass(frozen=True, slots=True)
class Taken:
    """Another offer (None = the first) or quantity that a contract has from a day on."""

    since: date
    offer: str | None
    quantity: int


@dataclass(frozen=True, slots=True)
class Contract:
    """Who uses what: its offer (None = the first), its days [starts, ends) and cycle day.

    `organisation` is the account that its account stands under, `pool` one of that organisation's.
    It changes by what it has `taken` later, in order of time, and rests in `rests`.
    """

    contract: str
    account: str = "1"
    offer: str | None = None
    starts: date | None = None
    ends: date | None = None
    cycle_day: int = 1
    organisation: str | None = None
    pool: str | None = None
    quantity: int = 1
    taken: tuple[Taken, ...] = ()
    rests: tuple[Period, ...] = ()

    @property
    def offers(self) -> tuple[str | None, ...]:
        return self.offer, *(one.offer for one in self.taken)


@dataclass(frozen=True, slots=True)
class Held:
    """A contract with the identities that rating knows it by.

    `taken` are its offers by id and how many of each, from the first on one after another.
    """

    contract: Contract
    account_id: int
    contract_id: int
    taken: tuple[HeldOffer, ...]
    organisation_id: int
    pool_id: int | None

    def offers_in(self, days: Period) -> Iterator[tuple[int, int, Period]]:
        """The offers held on those days with how many of each: (id, quantity, their days)."""
        for one in self.taken:
            part = days.overlap(Period(one.valid_from, one.valid_to or date.max))
            if part is not None:
                yield one.offer_id, one.quantity, part


@dataclass(frozen=True, slots=True)
class UsageRead:
    """CHARGE_IN with MEMBERS, whose ids are the rows' lines; who used it; the rows not taken."""

    usage: pl.DataFrame
    held: tuple[Held, ...]
    rejects: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Terms:
    """What reading needs to know of the price lists."""

    zone: ZoneInfo
    currency: str
    kind: str | None  # of usage that does not say
    offers: dict[str, int]
    offer: str


def read_usage(table: TextTable, *, terms: Terms, contracts: Sequence[Contract]) -> UsageRead:
    """Usage and rejects of a table; without contracts, each that is named has the first offer.

    :raises UsageUnreadable: when there is no column of times or of quantities
    """
    rows = _named(table.rows)
    if rows.height:
        for needed in ("at", "measured_text"):
            if needed not in rows.columns:
                name = "usage" if needed == "measured_text" else needed
                raise UsageUnreadable(name="the file", problem=f"it has no column {name!r}")
    else:
        rows = rows.with_columns(at=pl.lit(None, pl.String), measured_text=pl.lit(None, pl.String))
    rows = _with_defaults(rows, terms, contracts)
    held = _hold(contracts or _contracts_of(rows), terms)
    rows = _measured(_placed(rows, held, terms), terms)
    checks = _checks(terms.zone)
    judged = rows.with_columns(first_fault(checks))
    faulty = judged.filter(pl.col("fault").is_not_null())
    raw = pl.struct(c for c in table.rows.columns if c != LINE) if faulty.height else pl.lit("")
    if faulty.height:
        texts = table.rows.select(LINE, raw=raw.struct.json_encode())
        faulty = faulty.join(texts, on=LINE, how="left")
    else:
        faulty = faulty.with_columns(raw=pl.lit(""))
    names = {"measured_text": "usage", "day": "cycle"}
    rejects = pl.concat([table.rejects, frame_rejects(faulty, checks=checks, names=names)])
    return UsageRead(_charge_in(judged.filter(pl.col("fault").is_null())), held, rejects.sort(LINE))


def _named(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with empty text as nothing, quantities as `measured_text` and `unit_text`."""
    if "called" in rows.columns and "to" not in rows.columns:
        rows = rows.rename({"called": "to"})
    own = [name for name in rows.columns if name != LINE and name not in RESULTS]
    rows = rows.select(LINE, *own).with_columns(
        pl.col(name).str.strip_chars().replace("", None) for name in own
    )
    attributes = [name for name in own if name not in COLUMNS]
    json_text = pl.struct(attributes).struct.json_encode() if attributes else pl.lit(None)
    rows = rows.with_columns(attributes_json=json_text.cast(pl.String)).drop(attributes)
    if "usage" in rows.columns:
        whole, part = pl.col("usage"), pl.col("usage").str.extract(_PAIR, 1)
        unit = pl.col("usage").str.extract(_PAIR, 2)
        if "unit" in rows.columns:
            unit = pl.coalesce(unit, "unit")
        rows = rows.with_columns(measured_text=pl.coalesce(part, whole), unit_text=unit)
    elif "quantity" in rows.columns:
        unit = pl.col("unit") if "unit" in rows.columns else pl.lit(None, pl.String)
        rows = rows.with_columns(measured_text="quantity", unit_text=unit)
    return rows


def _with_defaults(rows: pl.DataFrame, terms: Terms, contracts: Sequence[Contract]) -> pl.DataFrame:
    """Every known column there; the only contract and account where none is named."""
    absent = [name for name in ("of", "to", "zone", "account", "contract", "cycle", "under", "pool",
                            "unit_text")
              if name not in rows.columns]  # fmt: skip
    rows = rows.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    rows = rows.with_columns(of=pl.col("of").fill_null(pl.lit(terms.kind, pl.String)))
    if not contracts:
        account = pl.col("account").fill_null("1")
        return rows.with_columns(
            account=account, contract=pl.coalesce("contract", pl.concat_str(account, pl.lit("0")))
        )
    by_account: dict[str, list[str]] = {}
    for one in contracts:
        by_account.setdefault(one.account, []).append(one.contract)
    owners = {one.contract: one.account for one in contracts}
    lone = {account: names[0] for account, names in by_account.items() if len(names) == 1}
    only = contracts[0].contract if len(contracts) == 1 else None
    contract = pl.coalesce(
        "contract",
        pl.col("account").replace_strict(lone, default=None, return_dtype=pl.String),
        pl.when(pl.col("account").is_null()).then(pl.lit(only, pl.String)),
    )
    rows = rows.with_columns(contract=contract)
    owner = pl.col("contract").replace_strict(owners, default=None, return_dtype=pl.String)
    return rows.with_columns(account=pl.coalesce("account", owner))


def _contracts_of(rows: pl.DataFrame) -> list[Contract]:
    found = rows.select("contract", "account").unique()
    return [Contract(contract, account) for contract, account in found.iter_rows()]


def _hold(contracts: Iterable[Contract], terms: Terms) -> tuple[Held, ...]:
    """The contracts numbered by account and name, numbers in the order of numbers."""
    placed = sorted(contracts, key=lambda one: (_natural(one.account), _natural(one.contract)))
    accounts: dict[str, int] = {}
    for one in placed:
        accounts.setdefault(one.account, len(accounts) + 1)
    tops = _numbers((one.organisation for one in placed), accounts)
    pools = _numbers((one.pool for one in placed), {})
    return tuple(
        Held(
            contract=one,
            account_id=accounts[one.account],
            contract_id=number,
            taken=tuple(_taken(one, terms)),
            organisation_id=tops[one.organisation or one.account],
            pool_id=pools[one.pool] if one.pool else None,
        )
        for number, one in enumerate(placed, 1)
    )


def _taken(contract: Contract, terms: Terms) -> Iterator[HeldOffer]:
    first = Taken(contract.starts or date.min, contract.offer, contract.quantity)
    ends = [*(one.since for one in contract.taken), contract.ends]
    for one, end in zip((first, *contract.taken), ends, strict=True):
        yield HeldOffer(terms.offers[one.offer or terms.offer], one.quantity, one.since, end)


def _natural(name: str) -> tuple[int, int, str]:
    digits = name.isascii() and name.isdigit() and len(name) < 18
    return (0, int(name), name) if digits else (1, 0, name)


def _placed(rows: pl.DataFrame, held: Sequence[Held], terms: Terms) -> pl.DataFrame:
    """Adds instants, identities and cycles."""
    clock = pl.col("at").str.replace(_CLOCK, "${1}:00${2}")
    zone = terms.zone.key
    rows = rows.with_columns(clock=clock)
    rows = rows.with_columns(local=read_local(pl.col("clock"), format=ISO))
    instant = to_instant(pl.col("local"), text=pl.col("clock"), format=ISO, zone=zone)
    rows = rows.with_columns(started_at=instant)
    known = pl.DataFrame(
        [
            (h.contract.account, h.contract.contract, h.account_id, h.contract_id,
             h.contract.starts, h.contract.ends, h.contract.cycle_day, h.contract.organisation,
             h.contract.pool)
            for h in held
        ],
        schema={"account": pl.String(), "contract": pl.String(), "account_id": pl.Int64(),
                "contract_id": pl.Int64(), "starts": pl.Date(),
                "ends": pl.Date(), "cycle_day": pl.Int64(), "top": pl.String(),
                "own_pool": pl.String()},
        orient="row",
    )  # fmt: skip
    rows = rows.join(known, on=["account", "contract"], how="left", maintain_order="left")
    under, pool = pl.coalesce("under", "top"), pl.coalesce("pool", "own_pool")
    rows = rows.with_columns(under=under, pool=pool)
    tops = {h.contract.account: h.account_id for h in held}
    tops |= {h.contract.organisation or h.contract.account: h.organisation_id for h in held}
    pools = {h.contract.pool: h.pool_id for h in held if h.contract.pool and h.pool_id}
    rows = rows.with_columns(
        organisation_id=_number(rows["under"], tops), pool_id=_number(rows["pool"], pools)
    )
    local_day = pl.col("started_at").dt.convert_time_zone(zone).dt.date()
    day = pl.when(pl.col("cycle").str.len_bytes() == 7).then(pl.col("cycle") + "-01")
    written = day.otherwise(pl.col("cycle")).str.to_date("%Y-%m-%d", strict=False)
    rows = _with_offers(rows.with_columns(local_day=local_day, written=written), held)
    days = rows.select("local_day", "cycle_day").unique().drop_nulls()
    starts = [
        cycle_of(day, rule=CycleRule(Every.MONTH, bill_day=bill_day)).start
        for day, bill_day in days.iter_rows()
    ]
    cycles = days.with_columns(own_cycle=pl.Series(starts, dtype=pl.Date()))
    rows = rows.join(cycles, on=["local_day", "cycle_day"], how="left", maintain_order="left")
    return rows.with_columns(cycle_start=pl.coalesce("written", "own_cycle"))


def _with_offers(rows: pl.DataFrame, held: Sequence[Held]) -> pl.DataFrame:
    """Adds the offer that the contract holds on the event's day; before its first day, the first.

    What a day before it or after its end is told as, is told elsewhere.
    """
    taken = [
        (one.contract_id, max(offer.valid_from, FIRST_DAY), offer.offer_id)
        for one in held
        for offer in one.taken
    ]
    schema = {"contract_id": pl.Int64(), "since": pl.Date(), "offer_id": pl.Int64()}
    known = pl.DataFrame(taken, schema=schema, orient="row").sort("since")
    first = known.unique("contract_id", keep="first").drop("since").rename({"offer_id": "first"})
    at = rows.sort("local_day").join_asof(
        known, left_on="local_day", right_on="since", by="contract_id", check_sortedness=False
    )
    joined = at.join(first, on="contract_id", how="left").sort(LINE)
    return joined.with_columns(offer_id=pl.coalesce("offer_id", "first")).drop("first", "since")


def _number(names: pl.Series, known: dict[str, int]) -> pl.Series:
    return names.replace_strict(
        _numbers(names.drop_nulls(), known), default=None, return_dtype=pl.Int64()
    )


def _numbers(names: Iterable[str | None], known: dict[str, int]) -> dict[str, int]:
    """The names' numbers, those that are not known yet numbered on in their order."""
    free = max(known.values(), default=0) + 1
    others = sorted({name for name in names if name is not None} - {*known}, key=_natural)
    return known | {name: number for number, name in enumerate(others, free)}


def _measured(rows: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """Adds the canonical unit and quantity; money is counted in the price list's currency."""
    units = [(name, unit.canonical, unit_factor(name)) for name, unit in UNITS.items()]
    units.append((terms.currency, terms.currency, FACTOR_SCALE))
    known = pl.DataFrame(
        units,
        schema={"unit_text": pl.String(), "canonical_unit": pl.String(), "factor": pl.Int128()},
        orient="row",
    )
    rows = rows.join(known, on="unit_text", how="left", maintain_order="left")
    scaled = read_scaled(pl.col("measured_text"))
    canonical = scale_to_canonical(scaled, factor=pl.col("factor").fill_null(FACTOR_SCALE))
    return rows.with_columns(canonical=canonical)


def _checks(zone: ZoneInfo) -> list[Check]:
    clock = pl.col("clock")
    instants = instant_checks(
        clock, local=pl.col("local"), instant=pl.col("started_at"), zone=zone.key, column="at"
    )
    quantity = quantity_checks(
        pl.col("measured_text"), canonical=pl.col("canonical"), column="measured_text"
    )
    unit = Check(pl.col("canonical_unit").is_null(), Reason.UNIT_UNKNOWN, "unit_text")
    early = pl.col("local_day") < pl.col("starts")
    late = pl.col("local_day") >= pl.col("ends")
    bad_cycle = pl.col("cycle").is_not_null() & pl.col("written").is_null()
    return [
        *instants,
        *quantity[:2],
        unit,
        *quantity[2:],
        Check(pl.col("of").is_null(), Reason.KIND_MISSING, "of"),
        Check(pl.col("contract_id").is_null(), Reason.CONTRACT_UNKNOWN, "contract"),
        Check(early, Reason.BEFORE_START, "at"),
        Check(late, Reason.AFTER_END, "at"),
        Check(bad_cycle, Reason.DAY_INVALID, "cycle"),
    ]


def _charge_in(rows: pl.DataFrame) -> pl.DataFrame:
    dialled = pl.col("to").str.contains(r"^\+?[0-9 ().\-]+$")
    digits = pl.col("to").str.replace_all(r"[+ ().\-]", "")
    return rows.select(
        usage_id=LINE,
        account_id="account_id",
        contract_id="contract_id",
        offer_id="offer_id",
        cycle_start="cycle_start",
        kind="of",
        started_at="started_at",
        quantity=descale(pl.col("canonical")),
        unit="canonical_unit",
        called=pl.when(dialled).then(digits).otherwise("to"),
        zone="zone",
        attributes="attributes_json",
        organisation_id=pl.coalesce("organisation_id", "account_id"),
        pool_id="pool_id",
    ).cast(pl.Schema({**CHARGE_IN, **MEMBERS}))


def sentence_of(reject: dict[str, Any]) -> str:
    """Why a row of REJECTS was not taken and how to mend it."""
    value = json.loads(reject["parameters"]).get("value", "")
    return SENTENCES[Reason(reject["code"])].format(value=value)
