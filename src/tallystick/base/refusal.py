"""A refusal: the named, coded answer to something that cannot be done as asked.

A refusal is not a bug. Gates map its `code` to a status or an exit code and show its `sentence`.
Subclasses are dataclasses that stand beside the function that raises them.
"""

from dataclasses import dataclass, fields
from typing import ClassVar


@dataclass
class Refusal(Exception):
    """What was refused, why, and what to do about it."""

    code: ClassVar[str] = "refused"

    def __post_init__(self) -> None:
        Exception.__init__(self, self.code)

    def sentence(self) -> str:
        """One sentence for a person: what is wrong and how to mend it."""
        return self.code.replace("_", " ")

    def parameters(self) -> dict[str, str]:
        """The values that a translated text needs."""
        return {field.name: str(getattr(self, field.name)) for field in fields(self)}

    def __str__(self) -> str:
        return self.sentence()
