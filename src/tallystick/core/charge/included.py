"""What allowances of money pay of an event, as lines that take it away; the oracle.

Money is drawn when a component's price of the whole event is known: after allowances of quantities,
tiers, fees, and the least and most charge. An amount that has more than nine decimals draws the
next above; a bucket's rest is worth what it is.
"""

from collections.abc import Mapping, Sequence

from tallystick.base.quantity import QUANTITY_SCALE
from tallystick.core.charge.drawer import CounterKey, Drawer
from tallystick.core.charge.lines import INCLUDED, Part, RatedLine
from tallystick.core.charge.match import holds
from tallystick.core.tariff.plan import Plan


def included_lines(
    lines: Sequence[RatedLine],
    *,
    part: Part,
    plan: Plan,
    used: dict[CounterKey, int],
    granted: Mapping[CounterKey, int],
) -> list[RatedLine]:
    """The lines that follow all of an event's lines of a component; adds what they draw to `used`.

    The part says what began the event: its allowances pay, those that its first line may draw from.
    """
    event, usage = part.event, part.usage
    offer = plan.offers[usage.offer_id]
    if not offer.money or not lines:
        return []
    fields = {**event.fields, "band": lines[0].band}
    fitting = [
        allowance
        for allowance in offer.allowances
        if usage.id in allowance.covers
        and (allowance.money or allowance.blocks)
        and holds(allowance.where, fields=fields)
    ]
    stopped = any(not allowance.money for allowance in fitting)
    rest = sum(line.amount for line in lines)
    if stopped or not fitting or rest <= 0:
        return []
    drawer = Drawer(event, used, granted, plan.zone)
    return [
        lines[0]._replace(
            seq=len(lines) + nth,
            band=INCLUDED,
            tier=None,
            rate_key=allowance.code,
            measured=0,
            billed=0,
            allowed=0,
            unit_price=0,
            per=QUANTITY_SCALE,
            fee=0,
            amount=-amount,
        )
        for nth, (allowance, amount) in enumerate(drawer.draw(rest, usage, fitting))
    ]
