"""Writing XML as text: an element is its string, and an element of nothing is nothing."""

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def element(name: str, *content: str, **attributes: str) -> str:
    """The element around content that is XML already; nothing where there is no content."""
    inner = "".join(content)
    if not inner:
        return ""
    said = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{said}>{inner}</{name}>"


def text(name: str, value: str, **attributes: str) -> str:
    """The element around a text of anybody's; nothing where the text is empty.

    What XML cannot hold (control characters, lone surrogates) is left out.
    """
    clean = "".join(c for c in value if c.isprintable() or c in "\t\n")
    return element(name, escape(clean.strip()), **attributes)


def every(elements: Iterable[str]) -> str:
    return "".join(elements)
