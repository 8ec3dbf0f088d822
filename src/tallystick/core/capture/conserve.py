"""The manifest of a load: nothing that came in may be lost on the way."""

from dataclasses import dataclass, field
from decimal import Decimal, localcontext

import polars as pl

from tallystick.base.money import EXACT, plain
from tallystick.core.capture.decoded import ZERO, Decoded


class NotConserved(AssertionError):
    """Rows or quantities went missing or were counted twice: a bug, never a bad file."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What came in and where it went, in rows and in canonical quantities.

    `quantities` is the accepted sum by "kind unit". What a store finds to be duplicates moves from
    accepted to duplicates, quantity and all; what takes the place of a record said before moves to
    `corrected`. `cancelled` are rows that take a record back; they have no quantity.
    """

    rows_in: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    absorbed: int = 0
    corrected: int = 0
    cancelled: int = 0
    quantity_in: Decimal = ZERO
    quantity_duplicates: Decimal = ZERO
    quantity_rejected: Decimal = ZERO
    quantity_corrected: Decimal = ZERO
    quantities: dict[str, Decimal] = field(default_factory=dict)

    def __add__(self, other: "Manifest") -> "Manifest":
        quantities = dict(self.quantities)
        with localcontext(EXACT):
            for kind, quantity in other.quantities.items():
                quantities[kind] = quantities.get(kind, ZERO) + quantity
            return Manifest(
                rows_in=self.rows_in + other.rows_in,
                accepted=self.accepted + other.accepted,
                duplicates=self.duplicates + other.duplicates,
                rejected=self.rejected + other.rejected,
                absorbed=self.absorbed + other.absorbed,
                corrected=self.corrected + other.corrected,
                cancelled=self.cancelled + other.cancelled,
                quantity_in=self.quantity_in + other.quantity_in,
                quantity_duplicates=self.quantity_duplicates + other.quantity_duplicates,
                quantity_rejected=self.quantity_rejected + other.quantity_rejected,
                quantity_corrected=self.quantity_corrected + other.quantity_corrected,
                quantities=quantities,
            )


def count_decoded(decoded: Decoded) -> Manifest:
    """The manifest of one decoded chunk."""
    usage = decoded.usage
    if "cancels" in usage.columns:
        usage = usage.filter(~pl.col("cancels"))
    sums = usage.group_by("kind", "unit", maintain_order=True).agg(pl.col("quantity").sum())
    return Manifest(
        rows_in=decoded.rows_in,
        accepted=usage.height,
        cancelled=decoded.usage.height - usage.height,
        duplicates=decoded.duplicates,
        rejected=decoded.rejects.height,
        absorbed=decoded.absorbed,
        quantity_in=decoded.quantity_in,
        quantity_rejected=decoded.quantity_rejected,
        quantities={f"{kind} {unit}": quantity for kind, unit, quantity in sums.iter_rows()},
    )


def assert_conserved(manifest: Manifest) -> None:
    """Passes when rows and quantities in equal what came of them.

    :raises NotConserved: with the figures, when they do not
    """
    rows_out = manifest.accepted + manifest.duplicates + manifest.rejected + manifest.absorbed
    rows_out += manifest.corrected + manifest.cancelled
    with localcontext(EXACT):
        quantity_out = sum(manifest.quantities.values(), ZERO)
        quantity_out += manifest.quantity_duplicates + manifest.quantity_rejected
        quantity_out += manifest.quantity_corrected
    if rows_out != manifest.rows_in:
        raise NotConserved(
            f"{manifest.rows_in} rows in, {rows_out} out: {manifest.accepted} accepted, "
            f"{manifest.duplicates} duplicates, {manifest.rejected} rejected, "
            f"{manifest.absorbed} absorbed, {manifest.corrected} corrected, "
            f"{manifest.cancelled} cancelled"
        )
    if quantity_out != manifest.quantity_in:
        raise NotConserved(
            f"quantity {plain(manifest.quantity_in)} in, {plain(quantity_out)} out, "
            f"of which {plain(manifest.quantity_rejected)} rejected"
        )
