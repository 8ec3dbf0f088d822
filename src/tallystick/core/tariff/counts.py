"""What is counted instead of the usage's own quantity: a product of it, attributes and numbers.

`m3 x 1.02264 x calorific / 3.6 as kWh` turns metered volume into energy; `charge as EUR` prices
the money that a partner asks for the event.
"""

from decimal import Decimal, localcontext
from typing import Final

from tallystick.base.money import EXACT
from tallystick.base.quantity import UNITS
from tallystick.core.tariff.nodes import Counts
from tallystick.core.tariff.words import Mistake, read_name, read_number, read_unit

MOST_FIELDS: Final = 2
MOST_DECIMALS: Final = 10


def read_counts(text: str) -> Counts:
    """The product's factors and the unit of what it makes."""
    product, _, made = text.rpartition(" as ")
    if not product:
        raise Mistake(f"{text!r} does not say what it makes; write '{text} as kWh'")
    unit = read_unit(made.strip())
    if unit.factor != 1:
        raise Mistake(f"{text!r}: write what it makes in {unit.canonical}")
    source, fields = None, []
    times, over = Decimal(1), Decimal(1)
    operator = "x"
    for number, word in enumerate(product.split()):
        if number % 2:
            operator = word
            if operator not in ("x", "/"):
                raise Mistake(f"{text!r}: join factors with 'x' and '/', not {word!r}")
        elif word[0].isdigit():
            value = read_number(word, decimals=9)
            if value <= 0:
                raise Mistake(f"{text!r}: {word} is not above 0")
            with localcontext(EXACT):
                times, over = (times, over * value) if operator == "/" else (times * value, over)
        elif operator == "/":
            raise Mistake(f"{text!r} divides by {word!r}; divide by numbers only")
        elif word in UNITS and source is None:
            source = UNITS[word].canonical
            with localcontext(EXACT):
                over *= UNITS[word].factor
        else:
            fields.append(read_name(word))
    if len(fields) > MOST_FIELDS:
        raise Mistake(f"{text!r} multiplies more than {MOST_FIELDS} attributes")
    if max(-int(n.normalize().as_tuple().exponent) for n in (times, over)) > MOST_DECIMALS:
        raise Mistake(f"{text!r} has more than {MOST_DECIMALS} decimals in all")
    if source is None and not fields:
        raise Mistake(f"{text!r} counts nothing; name a unit or an attribute")
    return Counts(source, tuple(fields), times, over, unit.canonical)
