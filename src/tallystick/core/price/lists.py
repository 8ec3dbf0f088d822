"""Price lists ready to price: one text or several with their first days."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from tallystick.base.refusal import Refusal
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.price.usage import Terms
from tallystick.core.tariff.plan import Plan, compile_plan
from tallystick.core.tariff.read import read_catalogue

ALWAYS: Final = date(1970, 1, 1)
"""The first day of a price list that names none."""


@dataclass
class PriceListsDiffer(Refusal):
    code = "price_lists_differ"
    problem: str = ""

    def sentence(self) -> str:
        return f"these price lists do not follow one another: {self.problem}"


@dataclass
class OfferUnknown(Refusal):
    code = "offer_unknown"
    offer: str = ""
    known: str = ""

    def sentence(self) -> str:
        return f"there is no offer {self.offer!r} in the price list; it has: {self.known}"


@dataclass(frozen=True, slots=True)
class PriceText:
    """A price list as text, from a day on, and the tables beside it by file name."""

    text: str
    name: str = "prices.yaml"
    valid_from: date = ALWAYS
    files: Mapping[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class PriceLists:
    """Versions of a price list, the oldest first, and its offers by name."""

    plans: tuple[DatedPlan, ...]
    offers: Mapping[str, int]

    @property
    def currency(self) -> str:
        return self.plans[0].plan.currency

    def plan_on(self, day: date) -> Plan:
        """The plan in force on that day; the first one before all."""
        held = [dated.plan for dated in self.plans if dated.valid_from <= day]
        return held[-1] if held else self.plans[0].plan

    def terms(self, offer: str | None = None) -> Terms:
        """What reading usage needs; the kind is known where everything is of one.

        :raises OfferUnknown: when no version has the offer
        """
        chosen = offer or next(iter(self.offers))
        self.check_offer(chosen)
        kinds = {usage.kind for dated in self.plans for usage in dated.plan.usages.values()}
        kind = kinds.pop() if len(kinds) == 1 else None
        zone = self.plans[0].plan.zone
        return Terms(zone, self.currency, kind, dict(self.offers), chosen)

    def check_offer(self, offer: str) -> None:
        """Passes for an offer of some version.

        :raises OfferUnknown: when none has it
        """
        if offer not in self.offers:
            raise OfferUnknown(offer=offer, known=", ".join(self.offers))


def read_price_lists(texts: Sequence[PriceText]) -> PriceLists:
    """The versions checked and compiled; what has the same name is the same in all of them.

    :raises CatalogueRefused: with every mistake of a price list
    :raises PriceListsDiffer: when two have the same first day, or another currency
    """
    ordered = sorted(texts, key=lambda one: one.valid_from)
    days = [one.valid_from for one in ordered]
    twice = next((day for day in days if days.count(day) > 1), None)
    if twice is not None:
        problem = f"two are from {'the start' if twice == ALWAYS else twice}; write NAME@2026-04-01"
        raise PriceListsDiffer(problem=problem)
    made = [
        read_catalogue(complete_text(one.text), name=one.name, files=one.files or {})
        for one in ordered
    ]
    if len({catalogue.currency for catalogue in made}) > 1:
        problem = f"they are in {', '.join(catalogue.currency for catalogue in made)}"
        raise PriceListsDiffer(problem=problem)
    pairs = dict.fromkeys(
        (offer.code, part.code)
        for catalogue in made
        for offer in catalogue.offers
        for part in offer.components
    )
    components = {pair: number for number, pair in enumerate(pairs, 1)}
    offers = {code: n for n, code in enumerate(dict.fromkeys(offer for offer, _ in pairs), 1)}
    ends = [*days[1:], None]
    plans = tuple(
        DatedPlan(
            number, day, end, compile_plan(catalogue, offer_ids=offers, component_ids=components)
        )
        for number, (day, end, catalogue) in enumerate(zip(days, ends, made, strict=True), 1)
    )
    return PriceLists(plans, offers)


def complete_text(text: str) -> str:
    """A sketch of components alone as a whole price list: one offer `demo`, EUR, Berlin time."""
    if re.search(r"^offers:", text, flags=re.M) or not re.search(r"^components:", text, flags=re.M):
        return text
    top, _, rest = text.partition("components:\n")
    body = "\n".join("    " + line for line in ("components:\n" + rest).splitlines())
    head = ""
    for word, value in (("currency", "EUR"), ("zone", "Europe/Berlin")):
        if not re.search(rf"^{word}:", top, flags=re.M):
            head += f"{word}: {value}\n"
    return f"{head}{top}offers:\n  demo:\n{body}\n"
