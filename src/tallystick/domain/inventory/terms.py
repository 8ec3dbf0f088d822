"""What is agreed of lent equipment where nothing else is said; needs no database to be read."""

from typing import Final

RETURN_DAYS: Final = 14
"""Within how many days a device comes back."""
