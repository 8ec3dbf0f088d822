"""The manifest: what does not add up is a bug, told with its figures."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tallystick.core.capture.conserve import Manifest, NotConserved, assert_conserved

GOOD = Manifest(
    rows_in=10,
    accepted=4,
    duplicates=3,
    rejected=2,
    absorbed=1,
    quantity_in=Decimal("7.5"),
    quantity_duplicates=Decimal(1),
    quantity_rejected=Decimal("0.5"),
    quantities={"voice s": Decimal(4), "data B": Decimal(2)},
)


def test_what_adds_up_passes_and_manifests_add() -> None:
    assert_conserved(GOOD)
    both = GOOD + replace(GOOD, quantities={"voice s": Decimal(6)})
    assert_conserved(both)
    assert both.quantities == {"voice s": Decimal(10), "data B": Decimal(2)}


@pytest.mark.parametrize("field", ["rows_in", "accepted", "duplicates", "rejected", "absorbed"])
def test_a_lost_row_is_a_bug(field: str) -> None:
    lost = replace(GOOD, **{field: getattr(GOOD, field) + 1})
    with pytest.raises(NotConserved, match=r"rows in, 1[01] out: "):
        assert_conserved(lost)


@pytest.mark.parametrize("field", ["quantity_in", "quantity_duplicates", "quantity_rejected"])
def test_a_lost_quantity_is_a_bug(field: str) -> None:
    lost = replace(GOOD, **{field: getattr(GOOD, field) + Decimal("0.000000001")})
    with pytest.raises(NotConserved, match=r"quantity 7\.5\d* in, 7\.5\d* out"):
        assert_conserved(lost)
