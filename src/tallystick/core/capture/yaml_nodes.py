"""YAML with its line numbers: what a mapping file is read through."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn, TypeVar

import yaml

from tallystick.base.refusal import Refusal

Choice = TypeVar("Choice", bound=StrEnum)
Found = TypeVar("Found")
Other = TypeVar("Other")


@dataclass
class MappingInvalid(Refusal):
    code = "mapping_invalid"
    mapping: str = ""
    line: int = 0
    problem: str = ""

    def sentence(self) -> str:
        return f"{self.mapping}:{self.line}: {self.problem}"


@dataclass
class UnknownSetting(Refusal):
    code = "unknown_setting"
    format: str = ""
    setting: str = ""
    known: str = ""

    def sentence(self) -> str:
        allowed = f"it has {self.known}" if self.known else "it has none"
        return f"format {self.format} has no setting {self.setting!r}; {allowed}"


def refuse_unknown(settings: Mapping[str, str], *, known: Iterable[str], name: str) -> None:
    """Passes when every setting is known.

    :raises UnknownSetting: when one is not
    """
    for setting in settings:
        if setting not in known:
            raise UnknownSetting(format=name, setting=setting, known=", ".join(known))


class Nodes:
    """Reads nodes of one YAML text; whatever does not fit is refused with its line.

    A value `$zone` stands for the setting `zone`.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.settings: dict[str, str] = {}

    def root(self, text: str) -> yaml.Node:
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except (yaml.YAMLError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or "this is not YAML"
            line = mark.line + 1 if mark else 1
            raise MappingInvalid(mapping=self.name, line=line, problem=problem) from None
        if root is None:
            raise MappingInvalid(mapping=self.name, line=1, problem="the mapping is empty")
        return root

    def fail(self, node: yaml.Node, problem: str) -> NoReturn:
        line = node.start_mark.line + 1
        raise MappingInvalid(mapping=self.name, line=line, problem=problem)

    def pairs(self, node: yaml.Node) -> list[tuple[str, yaml.Node]]:
        """Keys with their values; no key twice."""
        if not isinstance(node, yaml.MappingNode):
            self.fail(node, "here belong keys with values, such as `from: column`")
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = self.text(key)
            if name in found:
                self.fail(key, f"{name} is said twice")
            found[name] = value
        return list(found.items())

    def fields(
        self, node: yaml.Node, *, allowed: tuple[str, ...], required: tuple[str, ...] = ()
    ) -> dict[str, yaml.Node]:
        """The values of known keys."""
        found = dict(self.pairs(node))
        for key, value in found.items():
            if key not in allowed:
                self.fail(value, f"{key} is not known here; allowed: {', '.join(allowed)}")
        if missing := [key for key in required if key not in found]:
            self.fail(node, f"{', '.join(missing)} is missing here")
        return found

    def text(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode) or not node.value:
            self.fail(node, "here belongs one plain value")
        text = str(node.value)
        if not text.startswith("$"):
            return text
        if text[1:] not in self.settings:
            known = ", ".join(self.settings) or "none"
            self.fail(node, f"{text} is no setting; settings declared: {known}")
        return self.settings[text[1:]]

    def names(self, node: yaml.Node) -> tuple[str, ...]:
        """One value, or a list of them."""
        if not isinstance(node, yaml.SequenceNode):
            return (self.text(node),)
        if not node.value:
            self.fail(node, "the list is empty")
        return tuple(self.text(item) for item in node.value)

    def choice(self, node: yaml.Node, choices: type[Choice]) -> Choice:
        try:
            return choices(self.text(node))
        except ValueError:
            self.fail(node, f"{node.value} is not known here; allowed: {', '.join(choices)}")

    def optional(
        self,
        found: dict[str, yaml.Node],
        key: str,
        read: Callable[[yaml.Node], Found],
        other: Other,
    ) -> Found | Other:
        """What stands under the key, or the other value where the key is absent."""
        return read(found[key]) if key in found else other
