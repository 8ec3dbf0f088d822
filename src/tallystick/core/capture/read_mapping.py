"""A mapping from its YAML text; whatever is wrong is refused with its line."""

from collections import abc
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

import polars as pl
import yaml

from tallystick.base.quantity import QUANTITY_DECIMALS, UNITS
from tallystick.core.capture.instants import ISO, Ambiguous, is_format, needs_zone
from tallystick.core.capture.mapping import (
    Kind,
    Mapping,
    Measure,
    Moment,
    Normalise,
    Party,
    Quantity,
    Shape,
)
from tallystick.core.capture.numbers import UnknownCountry, dial_plan
from tallystick.core.capture.yaml_nodes import Nodes, refuse_unknown

TOP = (
    "format", "settings", "delimiter", "header", "encoding", "keep", "absorb", "cancel",
    "corrections", "columns",
)  # fmt: skip
COLUMNS = (
    "record_id", "subject", "kind", "started_at", "quantity", "called", "zone", "attributes",
    "revision",
)  # fmt: skip
REQUIRED = COLUMNS[:5]
CORRECTIONS = ("refuse", "accept")
ENCODINGS = ("utf-8", "latin-1")

Filters = tuple[tuple[str, tuple[str, ...]], ...]


def read_mapping(text: str, *, name: str, settings: abc.Mapping[str, str] | None = None) -> Mapping:
    """The mapping that the YAML text describes; `name` stands in messages.

    :raises MappingInvalid: when the text is no YAML, or says what no mapping can say
    :raises UnknownSetting: when a setting is given that the text does not declare
    """
    reader = _Reader(name)
    return reader.mapping(reader.root(text), settings=settings or {})


class _Reader(Nodes):
    """The grammar: one method for each thing a mapping says."""

    def mapping(self, root: yaml.Node, *, settings: abc.Mapping[str, str]) -> Mapping:
        top = self.fields(root, allowed=TOP, required=("format", "columns"))
        declared = dict(self.optional(top, "settings", self.entries, ()))
        refuse_unknown(settings, known=declared, name=self.name)
        self.settings = declared | dict(settings)
        columns = self.fields(top["columns"], allowed=COLUMNS, required=REQUIRED)
        shape = self.choice(top["format"], Shape)
        if shape is not Shape.DELIMITED and (key := {"delimiter", "header"} & top.keys()):
            self.fail(top[min(key)], f"{min(key)} is only for format: delimited")
        mapping = Mapping(
            name=self.name,
            shape=shape,
            record_id=self.names(columns["record_id"]),
            subject=self.subject(columns["subject"]),
            kind=self.kind(columns["kind"]),
            started_at=self.moment(columns["started_at"]),
            quantity=self.quantity(columns["quantity"]),
            called=self.optional(columns, "called", self.called, None),
            zone=self.optional(columns, "zone", self.text, None),
            attributes=self.optional(columns, "attributes", self.names, ()),
            delimiter=self.optional(top, "delimiter", self.delimiter, ","),
            header=self.optional(top, "header", self.header, True),
            encoding=self.optional(top, "encoding", self.encoding, "utf-8"),
            keep=self.optional(top, "keep", self.filters, ()),
            absorb=self.optional(top, "absorb", self.filters, ()),
            corrections=self.optional(top, "corrections", self.corrections, False),
            revision=self.optional(columns, "revision", self.text, None),
            cancel=self.optional(top, "cancel", self.filters, ()),
        )
        telling = {"cancel": top.get("cancel"), "revision": columns.get("revision")}
        for name, node in telling.items():
            if node is not None and not mapping.corrections:
                self.fail(node, f"{name} needs corrections: accept")
        self.check_columns(mapping, top.get("header", root))
        return mapping

    def check_columns(self, mapping: Mapping, node: yaml.Node) -> None:
        if isinstance(mapping.header, bool):
            return
        if missing := [name for name in mapping.wanted if name not in mapping.header]:
            self.fail(node, f"header does not name {', '.join(missing)}")
        if len(set(mapping.header)) < len(mapping.header):
            self.fail(node, "header names a column twice")

    def subject(self, node: yaml.Node) -> Party:
        keys = ("from", "kind", "normalise", "country")
        found = self.fields(node, allowed=keys, required=("from", "kind"))
        return self.party(found, kind=self.text(found["kind"]))

    def called(self, node: yaml.Node) -> Party:
        if isinstance(node, yaml.ScalarNode):
            return Party(self.text(node))
        found = self.fields(node, allowed=("from", "normalise", "country"), required=("from",))
        return self.party(found, kind=None)

    def party(self, found: dict[str, yaml.Node], *, kind: str | None) -> Party:
        normalise = Normalise.NONE
        if "normalise" in found:
            normalise = self.choice(found["normalise"], Normalise)
        country = self.optional(found, "country", self.country, None)
        if country and normalise is not Normalise.E164:
            self.fail(found["country"], "country needs normalise: e164")
        return Party(self.text(found["from"]), kind, normalise, country)

    def country(self, node: yaml.Node) -> str:
        try:
            return dial_plan(self.text(node)).country or ""
        except UnknownCountry as refusal:
            self.fail(node, refusal.sentence())

    def kind(self, node: yaml.Node) -> Kind:
        if isinstance(node, yaml.ScalarNode):
            return Kind(column=self.text(node))
        found = self.fields(node, allowed=("from", "values", "constant"))
        if "constant" in found and len(found) == 1:
            return Kind(constant=self.text(found["constant"]))
        if "from" not in found or "constant" in found:
            self.fail(node, "kind says constant, or from and, to translate them, values")
        values = self.optional(found, "values", self.entries, ())
        return Kind(self.text(found["from"]), None, values)

    def moment(self, node: yaml.Node) -> Moment:
        keys = ("from", "format", "zone", "ambiguous")
        found = self.fields(node, allowed=keys, required=("from", "format"))
        form = self.text(found["format"])
        if not is_format(form):
            problem = "write strptime codes with a date, iso, epoch s, epoch ms or epoch us"
            self.fail(found["format"], f"{form!r} is no time format; {problem}")
        zone = self.optional(found, "zone", self.zone, None)
        if zone is None and needs_zone(form) and form != ISO:
            self.fail(node, "started_at needs zone: the clock its times were read from")
        ambiguous = Ambiguous.REFUSE
        if "ambiguous" in found:
            ambiguous = self.choice(found["ambiguous"], Ambiguous)
        return Moment(self.text(found["from"]), form, zone, ambiguous)

    def zone(self, node: yaml.Node) -> str:
        zone = self.text(node)
        try:
            ZoneInfo(zone)
            pl.select(pl.lit(0).cast(pl.Datetime("us")).dt.replace_time_zone(zone))
        except (pl.exceptions.PolarsError, KeyError, ValueError, OSError):
            self.fail(node, f"{zone!r} is no time zone; write a name such as Europe/Berlin or UTC")
        return zone

    def quantity(self, node: yaml.Node) -> Quantity:
        keys = ("from", "constant", "unit", "by kind")
        found = self.fields(node, allowed=keys)
        by_kind: list[tuple[str, Measure]] = []
        if "by kind" in found:
            for kind, measure in self.pairs(found["by kind"]):
                by_kind.append((kind, self.measure(measure)))
        own = {key: value for key, value in found.items() if key != "by kind"}
        if not own and not by_kind:
            self.fail(node, "quantity needs from and unit, or by kind")
        return Quantity(self.measure_of(own, node) if own else None, tuple(by_kind))

    def measure(self, node: yaml.Node) -> Measure:
        return self.measure_of(self.fields(node, allowed=("from", "constant", "unit")), node)

    def measure_of(self, found: dict[str, yaml.Node], node: yaml.Node) -> Measure:
        if "unit" not in found or ("from" in found) == ("constant" in found):
            self.fail(node, "a quantity is either from or constant, and a unit")
        unit = self.text(found["unit"])
        if unit not in UNITS:
            self.fail(found["unit"], f"unit {unit!r} is not known; write one of {', '.join(UNITS)}")
        column = self.optional(found, "from", self.text, None)
        return Measure(unit, column, self.optional(found, "constant", self.constant, None))

    def constant(self, node: yaml.Node) -> Decimal:
        try:
            number = Decimal(self.text(node))
        except InvalidOperation:
            self.fail(node, "constant is a plain number")
        fine = Decimal(1).scaleb(-QUANTITY_DECIMALS)
        if not (number.is_finite() and 0 <= number < 10**9 and number % fine == 0):
            self.fail(node, "constant has at most 9 digits before and 9 after the point")
        return number

    def delimiter(self, node: yaml.Node) -> str:
        text = self.text(node).replace("\\t", "\t")
        if len(text) != 1 or not text.isascii() or text in '"\r\n\0' or text.isalnum():
            self.fail(node, 'delimiter is one character such as "," ";" "|" or "\\t"')
        return text

    def header(self, node: yaml.Node) -> bool | tuple[str, ...]:
        if isinstance(node, yaml.SequenceNode):
            return self.names(node)
        if not isinstance(node, yaml.ScalarNode) or node.value != "true":
            self.fail(node, "header is true, or the list of column names of a file without one")
        return True

    def encoding(self, node: yaml.Node) -> str:
        if self.text(node) not in ENCODINGS:
            self.fail(node, f"encoding is one of {', '.join(ENCODINGS)}")
        return self.text(node)

    def corrections(self, node: yaml.Node) -> bool:
        if self.text(node) not in CORRECTIONS:
            self.fail(node, f"corrections is one of {', '.join(CORRECTIONS)}")
        return self.text(node) == "accept"

    def filters(self, node: yaml.Node) -> Filters:
        return tuple((column, self.names(values)) for column, values in self.pairs(node))

    def entries(self, node: yaml.Node) -> tuple[tuple[str, str], ...]:
        return tuple((key, self.text(value)) for key, value in self.pairs(node))
