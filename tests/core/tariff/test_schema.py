"""The published schema and the reader know the same words."""

import json
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import jsonschema
import pytest
import yaml

from tallystick.core import tariff
from tallystick.core.tariff.read import read_catalogue
from tallystick.core.tariff.schema import SHAPES, TABLES, catalogue_schema

ROOT = Path(__file__).parents[3]
FILE = ROOT / "docs/catalogue.schema.json"
CATALOGUES = [
    path
    for path in sorted((*ROOT.glob("src/**/*.yaml"), *ROOT.glob("tests/**/*.yaml")))
    if "\noffers:" in path.read_text()
]
ELSEWHERE = {"TERM_WORDS", "COUPON_WORDS"}
"""Parts of other tables, and what `tallystick grant` asks for on the command line."""
BANDS = {"day": "07:00-23:00", "night": "else"}
TIERED = {"day": {"to 5 kWh": "1", "above": "2"}, "night": "1 per kWh"}


def test_the_file_in_the_repository_is_the_schema() -> None:
    message = "run: tallystick catalog schema > docs/catalogue.schema.json"
    assert json.loads(FILE.read_text()) == catalogue_schema(), message


def test_every_table_of_words_that_the_reader_has_is_in_the_schema() -> None:
    held = {words for words, _ in TABLES.values()}
    for module in iter_modules(tariff.__path__):
        names = vars(import_module(f"{tariff.__name__}.{module.name}"))
        for name in sorted(set(names) - ELSEWHERE):
            if name.endswith("_WORDS"):
                message = f"{module.name}.{name}: add the table to core/tariff/schema.py TABLES"
                assert names[name] in held, message


@pytest.mark.parametrize("table", TABLES)
def test_shapes_and_needed_words_are_words_of_the_reader(table: str) -> None:
    words, needed = TABLES[table]
    unknown = {*SHAPES[table], *needed} - set(words)
    assert not unknown, f"{table}: the reader does not know {sorted(unknown)}"


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.name)
def test_catalogues_of_the_repository_validate(path: Path) -> None:
    written = yaml.load(path.read_text(), Loader=yaml.BaseLoader)
    jsonschema.validate(written, catalogue_schema(), jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    "component",
    [
        {"every": "month", "prise": 1},
        {"every": "month"},
        {"of": "voice", "every": "month", "price": "1", "bill by": "1 s"},
        {"include": "5 min", "of": "voice", "share": "planet"},
        {"price": 1},
        {"of": "import", "bands": BANDS, "price": TIERED},
        {"of": "import", "bands": BANDS, "price": TIERED, "tiers": {"reset": "cycle"}},
        "0.09 per min",
    ],
)
def test_what_the_reader_refuses_by_its_words_the_schema_refuses(component: object) -> None:
    offers = {"a": {"components": {"b": component}}}
    written = {"currency": "EUR", "zone": "UTC", "offers": offers}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(written, catalogue_schema(), jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    "words",
    [
        {"bands": BANDS, "price": TIERED, "tiers": {"allocate": "by band"}},
        {"bands": BANDS, "price": {"day": "1 per kWh", "night": "2 per kWh"}},
        {"bands": BANDS, "price": {"to 5 kWh": "1", "above": "2"}},
        {"bands": {"all": "else"}, "price": {"all": TIERED["day"]}},
        {"by": "plan", "price": {"a": "1 per kWh", "b": "2 per kWh"}},
    ],
)
def test_only_tiers_of_several_bands_have_to_say_how_they_are_shared(
    words: dict[str, object],
) -> None:
    offers = {"a": {"components": {"b": {"of": "import", **words}}}}
    written = {"currency": "EUR", "zone": "UTC", "offers": offers}
    jsonschema.validate(written, catalogue_schema(), jsonschema.Draft202012Validator)
    read_catalogue(yaml.safe_dump(written, sort_keys=False), name="a.yaml", files={})


@pytest.mark.parametrize("table", TABLES)
def test_every_word_is_in_the_reference(table: str) -> None:
    """`docs/concepts/catalogue.md` names each word of each table between backticks."""
    page = (ROOT / "docs/concepts/catalogue.md").read_text()
    missing = [word for word in TABLES[table][0] if f"`{word}`" not in page]
    assert not missing, f"docs/concepts/catalogue.md does not say what {missing} of {table} are"
