"""How customers get their documents, and which document went out when."""

from enum import StrEnum

from django.db import models

from tallystick.domain.tenants.columns import TenantRow, belongs_to, one_of


class Channel(StrEnum):
    MAIL = "mail"
    WEBHOOK = "webhook"
    FOLDER = "folder"


class DocumentFormat(StrEnum):
    PDF = "pdf"
    FACTUR_X = "factur-x"
    UBL = "ubl"
    CII = "cii"
    USAGE = "usage-csv"


class DispatchState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNSURE = "unsure"  # it was being sent when we were stopped; a person decides
    HELD_BACK = "held_back"  # its invoice is void


class Delivery(TenantRow):
    """An account's wish: its documents by that channel to that address, in that format."""

    account = belongs_to("parties.Account")
    channel = models.CharField(max_length=10, choices=one_of(Channel))
    address = models.CharField(max_length=300)
    format = models.CharField(max_length=10, choices=one_of(DocumentFormat))
    wished_at = models.DateTimeField()
    """Invoices of before are not sent."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "account", "channel"], name="delivery_once")
        ]


class Dispatch(TenantRow):
    """One document on its way to one address; by each channel once."""

    account = belongs_to("parties.Account")
    invoice = belongs_to("invoices.Invoice")
    channel = models.CharField(max_length=10, choices=one_of(Channel))
    address = models.CharField(max_length=300)
    format = models.CharField(max_length=10, choices=one_of(DocumentFormat))
    state = models.CharField(max_length=10, choices=one_of(DispatchState))
    attempts = models.SmallIntegerField(default=0)
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=300, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "invoice", "channel"], name="dispatch_once"
            )
        ]
