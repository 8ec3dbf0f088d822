"""Which address opens which gate."""

from django.urls import URLPattern, URLResolver, include, path

from tallystick.gates.console.urls import console_urls
from tallystick.gates.processors.hooks import take_stripe_event
from tallystick.wiring.couriers import stripe_secret
from tallystick.wiring.ports import INVOICE_PRINTER

urlpatterns: list[URLPattern | URLResolver] = [
    path(
        "hooks/stripe/<slug:operator>",
        take_stripe_event,
        {"secret_of": stripe_secret},
        name="stripe-events",
    ),
    path("", include(console_urls(printer=INVOICE_PRINTER))),
]
