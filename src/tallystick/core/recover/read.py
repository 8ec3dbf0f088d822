"""Reads a collection ladder from YAML; every mistake is told at once, with its line."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

import yaml

from tallystick.base.money import InvalidCurrency, minor_decimals
from tallystick.base.refusal import Refusal
from tallystick.base.working_days import is_known
from tallystick.core.recover.interest import YearlyRate
from tallystick.core.recover.ladder import (
    RESTORED,
    WHERE_THEY_LIVE,
    ActingDays,
    Action,
    Ladder,
    LadderStep,
)

_DAYS = re.compile(r"(\d{1,4}) days?")
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,6})?) %")
_TOP = ("ladder", "currency", "minimum", "days", "holidays", "tax", "interest", "services", "steps")
_STEP = ("after", "fee", "minimum", "restore", "reconnect", "tax")
_RATE = ("from", "rate")
_ACTIONS = tuple(action.value for action in Action)

Keyed = dict[str, tuple[yaml.Node, yaml.Node]]


@dataclass
class InvalidLadder(Refusal):
    code = "invalid_ladder"
    mistakes: tuple[str, ...] = ()

    def sentence(self) -> str:
        return "\n".join(self.mistakes)


def read_ladder(text: str, *, source: str, country: str = "") -> Ladder:
    """The ladder that the text describes; `source` is the file's name, for the mistakes.

    Its working days are those of `country`, where it names no other calendar.

    :raises InvalidLadder: with every mistake, each as `source:line: what is wrong and how to mend`
    """
    return _Reading(source, country).ladder(text)


class _Reading:
    """One text being read, with the mistakes found so far."""

    def __init__(self, source: str, country: str) -> None:
        self._source, self._country = source, country
        self._mistakes: list[tuple[int, str]] = []

    def ladder(self, text: str) -> Ladder:
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark is not None else 1
            problem = getattr(error, "problem", None) or "it is not YAML"
            raise InvalidLadder(mistakes=(f"{self._source}:{line}: {problem}",)) from None
        if not isinstance(root, yaml.MappingNode):
            mistake = f"{self._source}:1: write `ladder:`, `currency:` and `steps:`"
            raise InvalidLadder(mistakes=(mistake,))
        fields = self._fields(root, _TOP)
        for name in ("ladder", "currency", "steps"):
            if name not in fields:
                self._mistake(root, f"`{name}:` is missing")
        currency = self._currency(fields)
        days = self._choice(fields, "days", tuple(ActingDays))
        ladder = Ladder(
            name=self._text(fields, "ladder"),
            currency=currency,
            minimum=self._amount(fields, "minimum", currency),
            days=ActingDays(days if days in tuple(ActingDays) else ActingDays.ANY),
            calendar=self._calendar(fields, root, working=days == ActingDays.WORKING),
            fee_tax=self._text(fields, "tax") or "standard",
            interest=self._interest(fields),
            steps=self._steps(fields, currency),
            reaches_paid_for=self._choice(fields, "services", ("paid for", "own")) == "paid for",
        )
        if self._mistakes:
            told = [f"{self._source}:{line}: {what}" for line, what in sorted(self._mistakes)]
            raise InvalidLadder(mistakes=tuple(told))
        return ladder

    def _calendar(self, fields: Keyed, root: yaml.Node, *, working: bool) -> str:
        named = self._text(fields, "holidays") or self._country
        if not working:
            if "holidays" in fields:
                at = fields["holidays"][0]
                self._mistake(at, "`holidays:` are kept where it says `days: working days`")
            return ""
        if named and named != WHERE_THEY_LIVE and not is_known(named):
            at = fields["holidays"][0] if "holidays" in fields else root
            self._mistake(
                at,
                f"the holidays of {named!r} are not known; write a country or a part of one, as "
                "`holidays: DE` or `holidays: DE-BY`, or `holidays: account`",
            )
        return named

    def _interest(self, fields: Keyed) -> tuple[YearlyRate, ...]:
        if "interest" not in fields:
            return ()
        key, listed = fields["interest"]
        if not isinstance(listed, yaml.SequenceNode) or not listed.value:
            self._mistake(key, "`interest:` is a list such as [{from: 2026-01-01, rate: 11.27 %}]")
            return ()
        rates = [self._rate(node) for node in listed.value]
        return tuple(rate for rate in rates if rate is not None)

    def _rate(self, node: yaml.Node) -> YearlyRate | None:
        if not isinstance(node, yaml.MappingNode):
            self._mistake(node, "a rate reads like {from: 2026-01-01, rate: 11.27 %}")
            return None
        fields = self._fields(node, _RATE)
        percent = _PERCENT.fullmatch(self._text(fields, "rate")) if "rate" in fields else None
        try:
            since = date.fromisoformat(self._text(fields, "from")) if "from" in fields else None
        except ValueError:
            since = None
        if percent is None or since is None:
            self._mistake(
                node, "a rate says since when and how much a year, as {from: 2026-01-01, rate: 9 %}"
            )
            return None
        return YearlyRate(since, Decimal(percent[1]))

    def _steps(self, fields: Keyed, currency: str) -> tuple[LadderStep, ...]:
        if "steps" not in fields:
            return ()
        key, listed = fields["steps"]
        if not isinstance(listed, yaml.SequenceNode) or not listed.value:
            self._mistake(key, "`steps:` is a list with at least one step")
            return ()
        steps: list[LadderStep] = []
        for node in listed.value:
            step = self._step(node, currency)
            if step is None:
                continue
            if any(step.name == other.name for other in steps):
                self._mistake(node, f"the step `{step.name}` stands here twice")
            elif steps and step.after_days < steps[-1].after_days:
                before = steps[-1].after_days
                self._mistake(
                    node, f"{step.after_days} days come after {before}; sort the steps by days"
                )
            steps.append(step)
        return tuple(steps)

    def _step(self, node: yaml.Node, currency: str) -> LadderStep | None:
        if not isinstance(node, yaml.MappingNode):
            self._mistake(node, "a step reads like {after: 14 days, remind: letter, fee: 5.00}")
            return None
        fields = self._fields(node, (*_STEP, *_ACTIONS))
        actions = [name for name in _ACTIONS if name in fields]
        if len(actions) != 1:
            self._mistake(node, f"a step has exactly one of: {', '.join(_ACTIONS)}")
            return None
        action = Action(actions[0])
        if action not in RESTORED:
            for name in ("restore", "reconnect"):
                if name in fields:
                    self._mistake(fields[name][0], f"`{name}` has no meaning where we {action}")
        if action is not Action.WRITE_OFF and "tax" in fields:
            self._mistake(fields["tax"][0], f"`tax` has no meaning where we {action}")
        if action is Action.CHARGE and "fee" not in fields:
            self._mistake(node, "a step that charges names its `fee`")
        after_days, how = self._after(node, fields), self._text(fields, action)
        if after_days is None:
            return None
        return LadderStep(
            after_days=after_days,
            action=action,
            how=how,
            fee=self._amount(fields, "fee", currency),
            minimum=self._amount(fields, "minimum", currency),
            automatic=self._choice(fields, "restore", ("automatic", "by hand")) == "automatic",
            reconnection_fee=self._amount(fields, "reconnect", currency),
            relieve_tax=self._choice(fields, "tax", ("kept", "relieved")) == "relieved",
        )

    def _fields(self, node: yaml.MappingNode, known: tuple[str, ...]) -> Keyed:
        fields: Keyed = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            if name not in known:
                self._mistake(key, f"`{name}` is not known here; known: {', '.join(known)}")
            elif name in fields:
                self._mistake(key, f"`{name}` stands here twice")
            else:
                fields[name] = (key, value)
        return fields

    def _after(self, node: yaml.Node, fields: Keyed) -> int | None:
        found = _DAYS.fullmatch(self._text(fields, "after")) if "after" in fields else None
        if found is None:
            at = fields["after"][0] if "after" in fields else node
            self._mistake(at, "a step says when, as in `after: 14 days`")
            return None
        return int(found[1])

    def _currency(self, fields: Keyed) -> str:
        currency = self._text(fields, "currency")
        if "currency" in fields:
            try:
                minor_decimals(currency)
            except InvalidCurrency as refusal:
                self._mistake(fields["currency"][0], refusal.sentence())
                return ""
        return currency

    def _amount(self, fields: Keyed, name: str, currency: str) -> Decimal:
        if name not in fields:
            return Decimal(0)
        text = self._text(fields, name)
        try:
            amount = Decimal(text)
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or amount < 0:
            self._mistake(fields[name][0], f"`{name}: {text}` is not an amount of 0 or more")
            return Decimal(0)
        decimals = minor_decimals(currency) if currency else 3
        if amount != amount.quantize(Decimal(1).scaleb(-decimals)):
            self._mistake(
                fields[name][0], f"`{name}: {text}` has more than {decimals} decimals in {currency}"
            )
        return amount

    def _choice(self, fields: Keyed, name: str, choices: tuple[str, ...]) -> str:
        """The choice made; the first where the field is left out."""
        if name not in fields:
            return choices[0]
        text = self._text(fields, name)
        if text not in choices:
            self._mistake(fields[name][0], f"`{name}: {text}` must be one of: {', '.join(choices)}")
        return text

    def _text(self, fields: Keyed, name: str) -> str:
        if name not in fields:
            return ""
        key, value = fields[name]
        if not isinstance(value, yaml.ScalarNode) or not value.value.strip():
            self._mistake(key, f"`{name}:` needs a word or a number")
            return ""
        return str(value.value).strip()

    def _mistake(self, node: yaml.Node, what: str) -> None:
        self._mistakes.append((node.start_mark.line + 1, what))
