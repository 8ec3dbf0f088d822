"""Formats by name: those built in, mappings that come with the platform, and mapping files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import polars as pl

from tallystick.base.refusal import Refusal
from tallystick.core.capture.decoded import Format, Framing
from tallystick.core.capture.mapped import mapped_format
from tallystick.core.capture.nem12 import NullMeaning, decode_nem12
from tallystick.core.capture.nem13 import decode_nem13
from tallystick.core.capture.radius import radius_format
from tallystick.core.capture.read_mapping import read_mapping
from tallystick.core.capture.yaml_nodes import refuse_unknown
from tallystick.gates.files.streams import NotReadable, check_file

MAPPINGS: Final = Path(__file__).parent / "mappings"
MAPPING_BYTES_MAX: Final = 2**20

BUILT_IN: Final[dict[str, Callable[[], Format]]] = {
    "nem13": partial(Format, "nem13", Framing.LINES, decode_nem13),
    "radius": radius_format,
}
NEM12: Final = "nem12"
NULL: Final = "null"
"""The setting of `nem12` that says what quality N makes of a value."""


@dataclass
class UnknownFormat(Refusal):
    code = "unknown_format"
    name: str = ""
    known: str = ""

    def sentence(self) -> str:
        return (
            f"format {self.name!r} is not known; write one of {self.known}, "
            "or the path of a mapping file that ends in .yaml"
        )


@dataclass
class SettingInvalid(Refusal):
    code = "setting_invalid"
    setting: str = ""
    value: str = ""
    known: str = ""

    def sentence(self) -> str:
        return f"setting {self.setting!r} is {self.value!r}; write one of {self.known}"


def format_names() -> list[str]:
    """Every name that `find_format` knows."""
    return sorted([*BUILT_IN, NEM12, *(path.stem for path in MAPPINGS.glob("*.yaml"))])


def find_format(
    name: str,
    *,
    settings: Mapping[str, str] | None = None,
    sessions: pl.DataFrame | None = None,
) -> Format:
    """The format of that name, or the one that a mapping file (`path/to/my.yaml`) describes.

    `settings` replace those that a mapping declares, such as the zone of `asterisk`, or the `null`
    of `nem12`; `sessions` (SESSIONS) are what earlier files left, for a format that goes on from
    them.

    :raises UnknownFormat: when no format has that name
    :raises UnknownSetting: when the format has no such setting
    :raises SettingInvalid: when a setting is none of its words
    :raises MappingInvalid: when the mapping file says what no mapping can say
    """
    if name == NEM12:
        return _nem12_format(settings or {})
    if name in BUILT_IN:
        refuse_unknown(settings or {}, known=(), name=name)
        if name == "radius":
            return radius_format(sessions=sessions)
        return BUILT_IN[name]()
    if name.endswith((".yaml", ".yml")):
        path = Path(name)
    elif name in format_names():
        path = MAPPINGS / f"{name}.yaml"
    else:
        raise UnknownFormat(name=name, known=", ".join(format_names()))
    return mapped_format(read_mapping(_read_text(path), name=name, settings=settings))


def _nem12_format(settings: Mapping[str, str]) -> Format:
    refuse_unknown(settings, known=(NULL,), name=NEM12)
    said = settings.get(NULL, NullMeaning.TAKE_BACK)
    try:
        decode = partial(decode_nem12, null=NullMeaning(said))
    except ValueError:
        raise SettingInvalid(setting=NULL, value=said, known=", ".join(NullMeaning)) from None
    return Format(NEM12, Framing.LINES, decode, rows_per_line=96)


def _read_text(path: Path) -> str:
    check_file(path)
    try:
        with path.open("rb") as file:
            return file.read(MAPPING_BYTES_MAX).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise NotReadable(path=str(path), problem=str(error)) from None
