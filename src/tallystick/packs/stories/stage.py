"""Where a story is played: an operator of its own, and the files that lie beside the story."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from importlib import import_module
from importlib.resources import files
from pathlib import Path

from tallystick.base.refusal import Refusal
from tallystick.core.capture.decoded import Format
from tallystick.domain.ledger.own_chart import publish_rules
from tallystick.domain.tenants.models import ClockKind, Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.acquire import Publishing, open_operator, publish_catalogue, set_ladder
from tallystick.flows.capture import Chunks
from tallystick.gates.cli.asking import read_text
from tallystick.gates.cli.operator_file import read_operator
from tallystick.gates.files.formats import find_format
from tallystick.gates.files.usage import open_usage
from tallystick.packs.open_business import PRICES_FROM, morning, open_business
from tallystick.packs.pack import Pack
from tallystick.packs.stories.steps import Story


@dataclass
class UnknownPack(Refusal):
    code = "unknown_pack"
    name: str = ""
    known: str = ""

    def sentence(self) -> str:
        return f"no pack is called {self.name!r}; name one of {self.known}, or an operator file"


@dataclass(frozen=True, slots=True)
class Stage:
    """A story's operator, the folder the story lies in and the pack it is about, if any."""

    tenant: Tenant
    folder: Path
    pack: Pack | None

    def find(self, name: str) -> Path:
        """The file of that name beside the story, or else in the pack."""
        beside = self.folder / name
        return beside if self.pack is None or beside.exists() else self.pack.path(name)

    def chunks(self, path: Path, *, format: str) -> Chunks:
        """A usage file's chunks; the format is a name or `mapping:` and a mapping file.

        :raises Refusal: when the format is not known or the file not there
        """
        if format == "radius":
            return lambda sessions: open_usage(path, format=find_format(format, sessions=sessions))
        return open_usage(path, format=self._format(format))

    def takes_corrections(self, format: str) -> bool:
        """Whether the format says that records may be corrected."""
        return self._format(format).corrections

    def _format(self, format: str) -> Format:
        if format.startswith("mapping:"):
            format = str(self.find(format.removeprefix("mapping:")))
        return find_format(format)


def open_stage(story: Story, *, folder: Path, code: str) -> Stage:
    """A new operator on a rehearsal clock that stands at the morning of the story's first day.

    :raises UnknownPack: when the business is neither a pack's nor an operator file
    :raises TenantExists: when the code is taken
    :raises Refusal: when a file cannot be read or says what cannot be
    """
    if story.business.catalogue is not None:
        return Stage(_open_own(story, folder=folder, code=code), folder, None)
    pack = find_pack(story.business.name)
    return Stage(open_business(pack, code=code, on=story.steps[0].day), folder, pack)


def find_pack(name: str) -> Pack:
    """The pack of that name.

    :raises UnknownPack: when there is none
    """
    known = sorted(_pack_names())
    if name not in known:
        raise UnknownPack(name=name, known=", ".join(known))
    pack: Pack = import_module(f"tallystick.packs.{name}.pack").PACK
    return pack


def _pack_names() -> Iterator[str]:
    for folder in files("tallystick.packs").iterdir():
        if folder.joinpath("pack.py").is_file():
            yield folder.name


def _open_own(story: Story, *, folder: Path, code: str) -> Tenant:
    """The operator of a file such as `tallystick operator open` takes, with its price list."""
    read = read_operator(folder / story.business.name)
    prices = folder / str(story.business.catalogue)
    at = morning(story.steps[0].day, zone=read.columns["zone"])
    rehearsing = {"clock": ClockKind.REHEARSAL, "rehearsal_at": at}
    tenant = open_operator(code=code, at=at, **read.columns | rehearsing)
    publish_prices(prices, tenant_id=tenant.id, valid_from=PRICES_FROM, at=at)
    for segment, ladder in read.ladders.items():
        set_ladder(tenant_id=tenant.id, segment=segment, text=ladder)
    return tenant


def publish_prices(
    prices: Path, *, tenant_id: int, valid_from: date, at: datetime, correct: bool = False
) -> None:
    """Publishes a price list and the files beside it that it names.

    :raises Refusal: when it cannot be read or says what cannot be
    """
    text = read_text(prices)
    files = [path for path in prices.parent.glob("*.csv") if path.name in text]
    publish_catalogue(
        text,
        tenant_id=tenant_id,
        name=prices.name,
        files={path.name: path.read_bytes() for path in files},
        valid_from=valid_from,
        at=at,
        how=Publishing(correct=correct),
    )


def publish_own_chart(path: Path, *, tenant_id: int, on: date, at: datetime) -> str:
    """Publishes posting rules for what occurs from that day on.

    :raises Refusal: when they cannot be read or say what cannot be
    """
    with acting_for(tenant_id):
        done = publish_rules(
            read_text(path), name=path.name, tenant_id=tenant_id, valid_from=on, at=at
        )
    return f"rules {done.version}"
