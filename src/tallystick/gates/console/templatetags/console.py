"""How the console writes amounts, quantities and states."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tallystick.base.money import minor_decimals, plain, round_minor
from tallystick.flows.document import price_unit

register = template.Library()

_GOOD: Final = {"active", "paid", "paid_up", "done", "loaded", "delivered", "cured", "assigned",
               "approved"}  # fmt: skip
_WARN: Final = {"open", "part_paid", "pending", "restricted", "loading"}
_BAD: Final = {"overdue", "suspended", "failed", "written_off", "rejected", "void"}
_BYTES: Final = (("TB", 12), ("GB", 9), ("MB", 6), ("kB", 3))


@register.filter
def amount(value: Decimal | None, currency: str) -> str:
    """An amount in the currency's minor units, grouped by thousands; nothing for None."""
    if value is None:
        return ""
    decimals = minor_decimals(currency)
    return f"{round_minor(value, currency=currency):,.{decimals}f}".replace("-", "\u2212")


@register.simple_tag
def money(value: Decimal | None, currency: str) -> SafeString:
    """An amount with its currency."""
    shown = amount(value or Decimal(0), currency)
    return format_html('<span class="money">{}\u00a0<small>{}</small></span>', shown, currency)


@register.filter
def instant(text: str) -> datetime:
    """The instant of an ISO text, as JSON from the database has it."""
    return datetime.fromisoformat(text)


@register.filter
def exact(value: Decimal, currency: str) -> str:
    """An amount or a price with all decimals it has, but at least the currency's."""
    _, _, rest = plain(value).partition(".")
    decimals = max(len(rest), minor_decimals(currency))
    return f"{value:,.{decimals}f}".replace("-", "\u2212")


@register.simple_tag
def quantity(value: Decimal, unit: str) -> str:
    """A quantity as people say it: `2 h 05 min 07 s`, `1.25 GB`, `12.5 kWh`."""
    sign = "\u2212" if value < 0 else ""
    size = abs(value)
    if unit == "s" and size >= 60:
        minutes, seconds = divmod(size, 60)
        hours, minutes = divmod(minutes, 60)
        parts = [f"{hours:.0f} h"] if hours else []
        parts.append(f"{minutes:02.0f} min" if hours else f"{minutes:.0f} min")
        parts += [f"{plain(seconds).zfill(2)} s"] if seconds else []
        return sign + "\u00a0".join(parts)
    if unit == "B":
        for name, power in _BYTES:
            if size >= 10**power:
                return f"{sign}{plain(round(size.scaleb(-power), 3))}\u00a0{name}"
    whole, _, rest = plain(size).partition(".")
    return f"{sign}{int(whole):,}{'.' if rest else ''}{rest}\u00a0{unit}".rstrip("\u00a0")


@register.simple_tag
def price(value: Decimal | None, per: Decimal, unit: str, currency: str) -> str:
    """A unit price and what it is for: `0.12 / min`; none where each event had its own."""
    if value is None:
        return ""
    return f"{exact(value, currency)} / {price_unit(per, unit=unit) or 'unit'}"


@register.filter
def words(code: str) -> str:
    """A stable code as words."""
    return str(code).replace("_", " ")


@register.simple_tag
def badge(state: str) -> SafeString:
    """A state as a small badge; its tone never says more than its word."""
    tones = (("good", _GOOD), ("warn", _WARN), ("bad", _BAD))
    tone = next((name for name, states in tones if state in states), "calm")
    return format_html('<span class="badge {}">{}</span>', tone, words(state))


@register.simple_tag(takes_context=True)
def pager_link(context: Context, number: int, step: int) -> str:
    """The address of this list's next or earlier page, its search kept."""
    query = context["request"].GET.copy()
    query["page"] = str(number + step)
    return f"?{query.urlencode()}"


@register.filter
def count(value: int) -> str:
    """A whole number, grouped by thousands."""
    return f"{value:,}"


@register.filter
def number(value: Decimal) -> str:
    """A number to its last decimal."""
    return plain(value)


@register.filter
def percent(value: Decimal) -> str:
    """A percentage without trailing zeros."""
    return f"{plain(value)}\u00a0%"


@register.filter
def negate(value: Decimal) -> Decimal:
    """The other side's amount."""
    return value.copy_negate()


@register.filter
def minus(value: Decimal, other: Decimal | None) -> Decimal:
    """The difference."""
    return value - (other or Decimal(0))
