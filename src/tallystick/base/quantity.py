"""Quantities: a decimal of up to 9 places and the unit it is counted in.

Each dimension has one canonical unit that usage is stored in; a catalogue may write any unit of the
same dimension.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from difflib import get_close_matches
from typing import Final

from tallystick.base.money import EXACT
from tallystick.base.refusal import Refusal

QUANTITY_DECIMALS: Final = 9
QUANTITY_SCALE: Final = 10**QUANTITY_DECIMALS


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit, the canonical unit of its dimension and how many of those it is."""

    name: str
    canonical: str
    factor: Decimal


def _units(canonical: str, **factors: str) -> dict[str, Unit]:
    made = {canonical: Unit(canonical, canonical, Decimal(1))}
    for name, factor in factors.items():
        made[name] = Unit(name, canonical, Decimal(factor))
    return made


UNITS: Final[dict[str, Unit]] = {
    **_units("s", sec="1", min="60", h="3600", hour="3600"),
    **_units(
        "B",
        kB="1000", MB="1000000", GB="1000000000", TB="1000000000000",
        KiB="1024", MiB="1048576", GiB="1073741824", TiB="1099511627776",
    ),
    **_units("kWh", Wh="0.001", MWh="1000"),
    **_units("kvarh", varh="0.001", Mvarh="1000"),
    **_units("kVAh", VAh="0.001"),
    **_units("kW", W="0.001", MW="1000"),
    **_units("kVA", VA="0.001"),
    **_units("m3", l="0.001", kl="1", ML="1000"),
    **_units("msg", message="1", sms="1"),
    **_units("event", events="1", call="1", calls="1", request="1", requests="1"),
    **_units("unit", units="1", seat="1", seats="1", pulse="1"),
}  # fmt: skip
"""Every unit that usage and catalogues may name, by its exact spelling."""


@dataclass
class UnknownUnit(Refusal):
    code = "unknown_unit"
    unit: str = ""

    def sentence(self) -> str:
        near = [name for name in UNITS if name.lower() == self.unit.lower()]
        alike = [name for name in UNITS if abs(len(name) - len(self.unit)) <= 1]
        near += get_close_matches(self.unit, alike, n=1, cutoff=0.65)
        hint = f"did you mean {near[0]!r}?" if near else f"known units: {', '.join(sorted(UNITS))}"
        return f"unit {self.unit!r} is not known; {hint}"


def unit_named(name: str) -> Unit:
    """The unit of that spelling.

    :raises UnknownUnit: when no unit is spelled so (units are case-sensitive: `MB` is not `mb`)
    """
    try:
        return UNITS[name]
    except KeyError:
        raise UnknownUnit(unit=name) from None


def to_canonical(value: Decimal, *, unit: str) -> Decimal:
    """The value in the canonical unit of its dimension, rounded half-up at 9 decimals."""
    with localcontext(EXACT):
        step = Decimal(1).scaleb(-QUANTITY_DECIMALS)
        return (value * unit_named(unit).factor).quantize(step, rounding=ROUND_HALF_UP)
