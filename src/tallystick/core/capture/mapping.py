"""What a mapping says: which columns of a foreign file are which columns of usage."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tallystick.core.capture.instants import Ambiguous


class Shape(StrEnum):
    """How the foreign file is built."""

    DELIMITED = "delimited"
    JSONL = "jsonl"
    PARQUET = "parquet"


class Normalise(StrEnum):
    """How an identifier is brought to one spelling."""

    NONE = "none"
    E164 = "e164"
    LOWER = "lower"


@dataclass(frozen=True, slots=True)
class Party:
    """Where a subject or a called number stands."""

    column: str
    kind: str | None = None  # of the subject: msisdn, username, meter...
    normalise: Normalise = Normalise.NONE
    country: str | None = None  # of national numbers


@dataclass(frozen=True, slots=True)
class Kind:
    """What sort of usage a row is: a constant, or a column, whose values may be translated."""

    column: str | None = None
    constant: str | None = None
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """Where the start stands, how it is written and what zone its clock is in."""

    column: str
    format: str
    zone: str | None = None
    ambiguous: Ambiguous = Ambiguous.REFUSE


@dataclass(frozen=True, slots=True)
class Measure:
    """Where a quantity stands, or what it always is, and its unit."""

    unit: str
    column: str | None = None
    constant: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Quantity:
    """The measure of each kind named, and of all others."""

    other: Measure | None
    by_kind: tuple[tuple[str, Measure], ...] = ()

    @property
    def measures(self) -> list[Measure]:
        """Every measure, that of the other kinds last."""
        return [measure for _, measure in self.by_kind] + ([self.other] if self.other else [])


@dataclass(frozen=True, slots=True)
class Mapping:
    """A foreign format, described."""

    name: str
    shape: Shape
    record_id: tuple[str, ...]  # columns, joined by a colon
    subject: Party
    kind: Kind
    started_at: Moment
    quantity: Quantity
    called: Party | None = None
    zone: str | None = None
    attributes: tuple[str, ...] = ()
    delimiter: str = ","
    header: bool | tuple[str, ...] = True  # names, where the file itself has none
    encoding: str = "utf-8"
    keep: tuple[tuple[str, tuple[str, ...]], ...] = ()  # rows with other values are absorbed
    absorb: tuple[tuple[str, tuple[str, ...]], ...] = ()  # rows with these values are absorbed
    corrections: bool = False  # whether a record may be said again otherwise
    revision: str | None = None  # the column that numbers what is said of a record
    cancel: tuple[tuple[str, tuple[str, ...]], ...] = ()  # rows with these values take it back

    @property
    def wanted(self) -> tuple[str, ...]:
        """The columns of the file that are read, each once."""
        columns = [*self.record_id, self.subject.column, self.started_at.column]
        columns += [self.kind.column or "", self.called.column if self.called else ""]
        columns += [measure.column or "" for measure in self.quantity.measures]
        columns += [self.zone or "", *self.attributes]
        columns += [self.revision or ""]
        columns += [column for column, _ in (*self.keep, *self.absorb, *self.cancel)]
        return tuple(dict.fromkeys(column for column in columns if column))

    @property
    def inner(self) -> dict[str, str]:
        """The names those columns have while they are decoded, clear of every other name."""
        return {column: f"column {at}" for at, column in enumerate(self.wanted)}

    @property
    def exact(self) -> tuple[str, ...]:
        """The columns that hold quantities."""
        return tuple(measure.column for measure in self.quantity.measures if measure.column)
