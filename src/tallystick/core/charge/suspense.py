"""What suspense says to a person: why usage has no price, and how to mend it."""

from typing import Final

from tallystick.core.charge.frames import SuspenseCode

_SENTENCES: Final = {
    SuspenseCode.NO_CATALOGUE: "no price list is in force on its day; publish one from then on",
    SuspenseCode.INCOMPLETE: "it says nothing of {detail}; correct it at its source",
    SuspenseCode.OUT_OF_RANGE: "it is not between 1970 and 2200; look at the clock of its source",
    SuspenseCode.NEGATIVE_QUANTITY: "it is less than nothing; usage is counted, not given back",
    SuspenseCode.QUANTITY_TOO_LARGE: "it is more than one event can be; look at its unit",
    SuspenseCode.NO_OFFER: "its contract held no offer of the price list on its day",
    SuspenseCode.BEFORE_OFFER: "its offer begins later; look at the offer's 'from'",
    SuspenseCode.BAD_ATTRIBUTES: "its attributes are no JSON object",
    SuspenseCode.NO_COMPONENT: "no price fits ({detail}); write one that is 'of' it, or mend a"
    " 'where'",
    SuspenseCode.UNIT_MISMATCH: "{detail}; count both in one unit",
    SuspenseCode.TOO_LONG_TO_SPLIT: "it lasts longer than a year, so it is not cut at bands",
    SuspenseCode.NO_NUMBER: "what it carries is no number ({detail}); correct it at its source",
}


def suspense_sentence(code: str, *, detail: str) -> str:
    """The sentence of a row of SUSPENSE; other codes say who asked to have it charged."""
    if code not in [*SuspenseCode]:
        return f"it is {code} and charged by the next run"
    if code != SuspenseCode.NO_RATE:
        return _SENTENCES[SuspenseCode(code)].format(detail=detail or "something needed")
    table, _, asked = detail.partition(": ")
    if asked.startswith("no price"):
        return f"series {table} has {asked}; add it to its file"
    return f"rate table {table} has no row for {asked}; add one, or say what else: 'no rate: zero'"
