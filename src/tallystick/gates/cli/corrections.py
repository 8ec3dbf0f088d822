"""Rejects as JSON Lines for a person to correct: one object a line, out and back in.

`event` is what was read, an object; `raw` is text of the file itself where it could not be read.
A person corrects either, or writes an `event` in place of `raw`; `reject` says which one it is.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tallystick.base.refusal import Refusal
from tallystick.gates.cli.asking import read_text

if TYPE_CHECKING:
    from tallystick.domain.usage.models import Reject
    from tallystick.flows.replay import Correction


@dataclass
class CorrectionWrong(Refusal):
    code = "correction_wrong"
    path: str = ""
    line: int = 0
    problem: str = ""

    def sentence(self) -> str:
        return f"line {self.line} of {self.path} {self.problem}; nothing was replayed"


def export_line(reject: "Reject") -> dict[str, Any]:
    """A reject as it is exported."""
    said: dict[str, Any] = {"raw": reject.raw}
    if reject.decoded:
        said = {"event": json.loads(reject.raw)}
    return {
        "reject": reject.id,
        "batch": reject.batch_id,
        "file": reject.batch.filename,
        "line": reject.line,
        "code": reject.code,
        "parameters": reject.parameters,
        **said,
    }


def read_corrections(path: Path) -> "list[Correction]":
    """The corrections of such a file, in its order.

    :raises Refusal: when the file cannot be read
    :raises CorrectionWrong: at the first line that is not such an object
    """
    return list(_read(path))


def _read(path: Path) -> "Iterator[Correction]":
    from tallystick.flows.replay import Correction

    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            said = json.loads(line, parse_float=str)
        except (ValueError, RecursionError):
            problem = "is not a JSON object"
            raise CorrectionWrong(path=str(path), line=number, problem=problem) from None
        if not isinstance(said, dict) or type(said.get("reject")) is not int:
            problem = "does not say `reject`, the number of the reject it corrects"
            raise CorrectionWrong(path=str(path), line=number, problem=problem)
        event, raw = said.get("event"), said.get("raw")
        if raw is not None and not isinstance(raw, str):
            problem = "has a `raw` that is not text"
            raise CorrectionWrong(path=str(path), line=number, problem=problem)
        text = None if event is None else json.dumps(event, ensure_ascii=False)
        yield Correction(said["reject"], event=text, raw=raw)
