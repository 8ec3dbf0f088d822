"""The format that a mapping describes."""

from functools import partial

from tallystick.core.capture.decoded import Decode, Format, Framing
from tallystick.core.capture.delimited import decode_delimited
from tallystick.core.capture.jsonl import decode_jsonl
from tallystick.core.capture.mapping import Mapping, Shape
from tallystick.core.capture.table import decode_table


def mapped_format(mapping: Mapping) -> Format:
    """A format that decodes by the mapping."""
    if mapping.shape is Shape.PARQUET:
        return Format(
            name=mapping.name,
            framing=Framing.TABLE,
            decode=partial(decode_table, mapping=mapping),
            columns=mapping.wanted,
            exact=mapping.exact,
            corrections=mapping.corrections,
        )
    delimited = mapping.shape is Shape.DELIMITED
    decode: Decode = partial(decode_delimited if delimited else decode_jsonl, mapping=mapping)
    return Format(
        mapping.name,
        Framing.LINES,
        decode,
        encoding=mapping.encoding,
        corrections=mapping.corrections,
    )
