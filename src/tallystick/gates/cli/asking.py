"""What commands ask for: an operator, days, amounts, files; a wrong value is wrong usage."""

import inspect
import re
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from functools import wraps
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from tallystick.base.clock import WallClock
from tallystick.base.quantity import UNITS
from tallystick.base.refusal import Refusal
from tallystick.domain.tenants.scope import acting_for, list_tenants, tenant_id_of
from tallystick.gates.files.streams import NotReadable, check_file

if TYPE_CHECKING:
    from tallystick.domain.tenants.models import Tenant

TEXT_BYTES_MAX: Final = 64 * 2**20
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_AMOUNT: Final = re.compile(r"[0-9]{1,18}(\.[0-9]{1,12})?")


@dataclass
class NoOperator(Refusal):
    code = "no_operator"

    def sentence(self) -> str:
        return (
            "there is no operator yet; open one with: tallystick operator open FILE.yaml, "
            "or see one at work with: tallystick demo"
        )


@dataclass
class WhichOperator(Refusal):
    code = "which_operator"
    known: str = ""

    def sentence(self) -> str:
        return f"there are several operators; say --operator with one of: {self.known}"


@dataclass(frozen=True, slots=True)
class Present:
    """The operator that a command acts for, at its present."""

    tenant: "Tenant"
    at: datetime

    @property
    def tenant_id(self) -> int:
        return self.tenant.id

    @property
    def today(self) -> date:
        """The operator's local day."""
        return self.at.astimezone(ZoneInfo(self.tenant.zone)).date()

    def local(self, at: datetime | None) -> datetime | date | None:
        """The instant as the operator's clocks show it; a midnight as its day."""
        if at is None:
            return None
        shown = at.astimezone(ZoneInfo(self.tenant.zone))
        return shown.date() if not (shown.hour or shown.minute or shown.second) else shown


def act_for(code: str | None) -> Present:
    """The operator of that code, or the only one there is.

    :raises UnknownTenant: when no operator has the code
    :raises NoOperator: when there is none at all
    :raises WhichOperator: when there are several and none is named
    """
    if code is None:
        codes = [known for _, known, _ in list_tenants()]
        if not codes:
            raise NoOperator
        if len(codes) > 1:
            raise WhichOperator(known=", ".join(codes))
        code = codes[0]
    return present_at(tenant_id_of(code))


def present_at(tenant_id: int) -> Present:
    """The operator of that id, at its present."""
    from tallystick.domain.tenants.models import Tenant
    from tallystick.domain.tenants.queries import present_of

    with acting_for(tenant_id):
        tenant = Tenant.objects.get(id=tenant_id)
    return Present(tenant, present_of(tenant, clock=WallClock()))


def read_day(text: str) -> date:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise typer.BadParameter(f"{text!r} is not a day of the calendar; write it as 2026-03-01")


def read_amount(text: str) -> Decimal:
    if not _AMOUNT.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is not an amount; write it as 1234.56")
    return Decimal(text)


def read_signed(text: str) -> Decimal:
    """An amount that may be below zero."""
    amount = read_amount(text.removeprefix("-"))
    return -amount if text.startswith("-") else amount


def read_unit(name: str | None, *, currency: str) -> tuple[str, Decimal]:
    """The unit that buckets hold, and how many of it one named unit is."""
    if name is None or name == currency:
        return currency, Decimal(1)
    if name not in UNITS:
        raise typer.BadParameter(f"--unit {name}: write {currency} or one of {', '.join(UNITS)}")
    return UNITS[name].canonical, UNITS[name].factor


def read_country(text: str) -> str:
    if not re.fullmatch("[A-Z]{2}", text):
        raise typer.BadParameter(f"{text!r} is not a country; write two capitals such as GB")
    return text


def read_zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = "write one such as Europe/London"
        raise typer.BadParameter(f"{text!r} is not a zone; {hint}") from None


def read_tax_place(text: str) -> str:
    from tallystick.core.invoice.tax import PLACE

    if text and not PLACE.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is not a place; write US, US-NY or US-NY/Kings")
    return text


def read_email(text: str) -> str:
    if text and not re.fullmatch(r"[^@\s]+@[^@\s]+", text):
        raise typer.BadParameter(f"{text!r} is not an e-mail address")
    return text


def one_of(*known: str) -> Callable[[str], str]:
    """Reads one of these words."""

    def read(text: str) -> str:
        if text not in known:
            raise typer.BadParameter(f"{text!r} is not one of {', '.join(known)}")
        return text

    return read


RefundedOf = Annotated[
    str,
    typer.Option(
        "--of", parser=one_of("credit", "notes", "prepaid"), metavar="credit|notes|prepaid",
        help="Of credit, of what credit notes leave, or of prepaid money.",
    ),
]  # fmt: skip


def read_pair(text: str) -> str:
    kind, mark, value = text.partition("=")
    if not (mark and kind.strip() and value.strip()):
        raise typer.BadParameter(f"{text!r} is not a name and a value; write it as name=value")
    return text


def spelled(kind: str | None, value: str) -> str:
    """A telephone number as usage has it: the digits of E.164 without plus."""
    if kind == "msisdn" or (kind is None and re.fullmatch(r"\+[0-9 ]+", value)):
        return value.removeprefix("+").replace(" ", "")
    return value


def as_pairs(texts: list[str] | None) -> list[tuple[str, str]]:
    """The (name, value) of each `name=value`."""
    pairs = (text.partition("=") for text in texts or ())
    return [(name.strip(), value.strip()) for name, _, value in pairs]


CreditedLines = Annotated[
    list[int] | None, typer.Option("--line", help="A line, whole; say it again.")
]
CreditedParts = Annotated[
    list[str] | None,
    typer.Option("--part", parser=read_pair, metavar="LINE=NET", help="A part of a line."),
]


def credited_parts(lines: list[int] | None, parts: list[str] | None) -> dict[int, Decimal | None]:
    """What of an invoice is credited: the net of each line, None = the whole of it."""
    credited: dict[int, Decimal | None] = dict.fromkeys(lines or ())
    for at, amount in as_pairs(parts):
        if not at.isdigit():
            raise typer.BadParameter(f"{at!r} is not a line's number; write --part 2=4.50")
        credited[int(at)] = read_signed(amount)
    return credited


def read_text(path: Path) -> str:
    """The text of a file.

    :raises Refusal: when it is missing, empty, not ours to read, too large or not UTF-8
    """
    try:
        return read_content(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotReadable(path=str(path), problem="it is not UTF-8 text") from None


def read_content(path: Path) -> bytes:
    """The bytes of a small file.

    :raises Refusal: when it is missing, empty, not ours to read or too large
    """
    check_file(path)
    try:
        if path.stat().st_size > TEXT_BYTES_MAX:
            problem = f"it is larger than {TEXT_BYTES_MAX // 2**20} MB"
            raise NotReadable(path=str(path), problem=problem)
        return path.read_bytes()
    except OSError as error:
        raise NotReadable(path=str(path), problem=error.strerror or str(error)) from None


def digest_of(path: Path) -> str:
    """What tells the file's content from any other.

    :raises Refusal: when it is missing, empty or not ours to read
    """
    check_file(path)
    digest = sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(2**20):
                digest.update(block)
    except OSError as error:
        raise NotReadable(path=str(path), problem=error.strerror or str(error)) from None
    return digest.hexdigest()


Operator = Annotated[
    str | None,
    typer.Option(
        "--operator",
        envvar="TALLYSTICK_OPERATOR",
        help="The operator's code; not needed where there is only one.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer with one JSON document.")]
Day = Annotated[
    date | None,
    typer.Option("--date", parser=read_day, metavar="DAY", help="The day; else the present one."),
]
Rows = Annotated[int, typer.Option("--limit", min=1, help="How many rows to show at most.")]


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """The command with each parameter that is a dataclass asked for as that class's fields."""
    groups = {
        name: hint
        for name, hint in get_type_hints(command).items()
        if isinstance(hint, type) and hasattr(hint, "__dataclass_fields__")
    }
    asked: list[inspect.Parameter] = []
    for parameter in inspect.signature(command).parameters.values():
        if parameter.name in groups:
            asked += _asked(groups[parameter.name])
        else:
            hint = get_type_hints(command, include_extras=True)[parameter.name]
            asked.append(parameter.replace(annotation=hint, kind=inspect.Parameter.KEYWORD_ONLY))

    @wraps(command)
    def ask(**given: Any) -> None:
        for name, group in groups.items():
            own = {field.name: given.pop(field.name) for field in fields(group)}
            given[name] = group(**own)
        command(**given)

    ask.__signature__ = inspect.Signature(asked)  # type: ignore[attr-defined]
    ask.__annotations__ = {parameter.name: parameter.annotation for parameter in asked}
    return ask


def _asked(group: type) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in fields(group)
    ]
