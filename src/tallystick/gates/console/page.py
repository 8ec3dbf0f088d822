"""What every page shares: the operator it is for, one read-only transaction, answers that help."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from tallystick.base.clock import WallClock
from tallystick.base.refusal import Refusal
from tallystick.domain.invoices.queries import UnknownInvoice
from tallystick.domain.parties.queries import UnknownAccount
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.queries import present_of
from tallystick.domain.tenants.scope import UnknownTenant, acting_for, tenant_id_of
from tallystick.flows.document import accent_of

PAGE_ROWS: Final = 50
COUNTED_ROWS: Final = 10_000
"""Beyond so many the exact count is not worth its wait."""

HEADERS: Final = {
    # The accent colour stands in a style attribute; scripts come from our own files only.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; img-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}

Shown = ParamSpec("Shown")


@dataclass(frozen=True, slots=True)
class Operator:
    """The operator of a page, its present and its colour."""

    tenant: Tenant
    now: datetime
    accent: str

    @classmethod
    def read(cls, tenant_id: int) -> "Operator":
        """The operator that is acted for."""
        tenant = Tenant.objects.get(id=tenant_id)
        now = present_of(tenant, clock=WallClock()).astimezone(ZoneInfo(tenant.zone))
        return cls(tenant, now, accent_of(tenant.brand))

    @property
    def today(self) -> date:
        return self.now.date()


@dataclass(frozen=True, slots=True)
class Slice:
    """One page of a list: its rows, its number from 1, and the count of all (None: very many)."""

    rows: list[Any]
    number: int
    count: int | None
    more: bool

    @property
    def first(self) -> int:
        return (self.number - 1) * PAGE_ROWS + 1

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


@dataclass
class NoSuchLine(Refusal):
    code = "no_such_line"
    number: str = ""
    line: int = 0

    def sentence(self) -> str:
        return f"invoice {self.number} has no line {self.line} that bills usage"


_UNKNOWN: Final = (UnknownTenant, UnknownAccount, UnknownInvoice, NoSuchLine)

View = Callable[Concatenate[HttpRequest, Operator, Shown], HttpResponse]


def operator_page(view: View[Shown]) -> Callable[..., HttpResponse]:
    """A page of one operator, read in one transaction that cannot write, in its time zone."""

    @wraps(view)
    def page(
        request: HttpRequest, operator: str, *args: Shown.args, **kwargs: Shown.kwargs
    ) -> HttpResponse:
        tenant_id = tenant_id_of(operator)
        with acting_for(tenant_id), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
            shown = Operator.read(tenant_id)
            with timezone.override(ZoneInfo(shown.tenant.zone)):
                return view(request, shown, *args, **kwargs)

    return answering(page)


def answering(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view whose refusals are pages that say what to do, with the console's headers."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except Refusal as refusal:
            status = 404 if isinstance(refusal, _UNKNOWN) else 409
            response = render(request, "console/refused.html", {"refusal": refusal}, status=status)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return require_safe(answer)


def show_list(
    request: HttpRequest, template: str, context: dict[str, Any], *, part: str
) -> HttpResponse:
    """The whole page, or only its list where htmx asks for that."""
    htmx = getattr(request, "htmx", None)
    partial = bool(htmx) and not getattr(htmx, "history_restore_request", False)
    response = render(request, part if partial else template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def cut(rows: QuerySet[Any], *, page: str) -> Slice:
    """The rows of a page; a number that is none is 1, one beyond the last is the last."""
    counted = rows.order_by()[: COUNTED_ROWS + 1].count()
    pages = max(-(-counted // PAGE_ROWS), 1)
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 9 else 1
    number = max(number, 1) if counted > COUNTED_ROWS else min(max(number, 1), pages)
    start = (number - 1) * PAGE_ROWS
    found = list(rows[start : start + PAGE_ROWS + 1])
    count = counted if counted <= COUNTED_ROWS else None
    return Slice(found[:PAGE_ROWS], number, count, more=len(found) > PAGE_ROWS)
