"""What an invoice calls a component and what was used of it."""

from functools import lru_cache


@lru_cache(maxsize=4096)
def describe(code: str) -> str:
    """A component's code as a person reads it: `static-ip` is `Static ip`."""
    words = code.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


def describe_usage(code: str, *, band: str | None, tier: int | None) -> str:
    """What an invoice line says of a component's band and tier."""
    said = describe(code)
    said += f", {band}" if band else ""
    return said + (f", tier {tier}" if tier else "")
