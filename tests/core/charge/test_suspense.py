"""Every reason for suspense is told in a sentence that says how to mend it."""

import pytest

from tallystick.core.charge.frames import SuspenseCode
from tallystick.core.charge.suspense import suspense_sentence

SAID = """
no_rate | world: called=4920 | rate table world has no row for called=4920; add
no_rate | spot: no price at 2026-03-02 09:00 | series spot has no price at 2026-03-02 09:00; add it
unit_mismatch | usage in B, calls in s | usage in B, calls in s; count both in one unit
no_component | demo: sms | no price fits (demo: sms); write one that is 'of' it, or mend a 'where'
incomplete | unit | it says nothing of unit; correct it at its source
quantity_too_large |  | it is more than one event can be; look at its unit
"""


@pytest.mark.parametrize("case", SAID.strip().splitlines())
def test_suspense_says_how_to_mend_it(case: str) -> None:
    code, detail, wanted = case.split(" | ")
    assert suspense_sentence(code, detail=detail.strip()).startswith(wanted)


@pytest.mark.parametrize("code", SuspenseCode)
def test_every_reason_has_a_sentence(code: SuspenseCode) -> None:
    assert len(suspense_sentence(code.value, detail="a: b").split()) > 5
