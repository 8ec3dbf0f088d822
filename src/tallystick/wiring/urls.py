"""Which address opens which gate."""

from django.urls import URLPattern, URLResolver, include, path

from tallystick.gates.console.urls import console_urls
from tallystick.wiring.ports import INVOICE_PRINTER

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include(console_urls(printer=INVOICE_PRINTER))),
]
