"""Published catalogues: dated, immutable versions, and the stable identity of what they price."""

from django.db import models

from tallystick.domain.tenants.columns import TenantRow, belongs_to


class CatalogVersion(TenantRow):
    """One published catalogue text; it prices usage and periods that start on or after its date.

    Of several from the same day the last corrects those before it, which stay as they were.
    """

    number = models.IntegerField()
    valid_from = models.DateField()
    name = models.CharField(max_length=200)
    source = models.TextField()
    digest = models.CharField(max_length=64)
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="catalog_number_once"),
        ]


class CatalogFile(TenantRow):
    """A file that a version's text names, such as a rate deck, kept byte for byte."""

    version = belongs_to("catalog.CatalogVersion")
    name = models.CharField(max_length=200)
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "version", "name"], name="catalog_file_once")
        ]


class Offer(TenantRow):
    """What is sold, by its code; the same row through every version that names it."""

    code = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "code"], name="offer_code_once")]

    def __str__(self) -> str:
        return self.code


class Component(TenantRow):
    """One price of an offer, by its code; the same row through every version that names it."""

    offer = belongs_to("catalog.Offer")
    code = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "offer", "code"], name="component_code_once")
        ]

    def __str__(self) -> str:
        return self.code
