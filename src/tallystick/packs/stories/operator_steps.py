"""What a story can say of the operator's own settings: another tax table, another file."""

from dataclasses import dataclass
from typing import Final

from tallystick.packs.stories.step import Step


@dataclass(frozen=True, slots=True)
class PublishTaxes(Step):
    form = "tax table PATH"
    path: str


@dataclass(frozen=True, slots=True)
class CorrectTaxes(Step):
    form = "correct tax table PATH"
    path: str


@dataclass(frozen=True, slots=True)
class ChangeOperator(Step):
    form = "operator file PATH"
    path: str


OPERATOR_STEPS: Final = (PublishTaxes, CorrectTaxes, ChangeOperator)
OperatorStep = PublishTaxes | CorrectTaxes | ChangeOperator
