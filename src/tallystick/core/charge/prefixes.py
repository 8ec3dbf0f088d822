"""Sorted texts among which the longest one that another text begins with is found.

Everything that stands between a text and a prefix of it, in order, begins with that prefix too. So
the longest prefix is the text just before, or the longest prefix of that, and so on.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

_NOWHERE: Final = -1
_BLOCK: Final = 64
"""Of so many texts one is kept ready, which halves the time of a search."""


@dataclass(frozen=True, slots=True)
class Texts(Sequence[str]):
    """Texts in one, cut where they are asked for."""

    joined: str
    ends: "array[int]"  # of the text before, 0 for the first

    def __len__(self) -> int:
        return len(self.ends) - 1

    def __getitem__(self, at: int) -> str:  # type: ignore[override]
        return self.joined[self.ends[at] : self.ends[at + 1]]


@dataclass(frozen=True, slots=True)
class Prefixes:
    """Different texts in order, each with the position of its longest prefix among them."""

    texts: Texts
    parents: "array[int]"
    heads: list[str]  # of each block of texts, the first

    def within(self, text: str) -> Iterator[int]:
        """The positions of all that the text begins with, the longest first."""
        block = (bisect_right(self.heads, text) - 1) * _BLOCK
        if block < 0:
            return
        end = min(block + _BLOCK, len(self.texts))
        at = bisect_right(self.texts, text, block, end) - 1
        while at >= 0:
            if text.startswith(self.texts[at]):
                yield at
            at = self.parents[at]


def gather_prefixes(texts: pl.Series) -> Prefixes:
    """Those texts, which are different and in order."""
    ends = array("I", [0])
    ends.extend(texts.str.len_chars().cum_sum())
    parents = array("i", parents_of(texts).fill_null(_NOWHERE))
    heads = texts.gather_every(_BLOCK).to_list()
    return Prefixes(Texts("".join(texts.to_list()), ends), parents, heads)


def parents_of(texts: pl.Series) -> pl.Series:
    """The position of each one's longest prefix, or null; the texts are different, in order."""
    frame = pl.DataFrame({"text": texts}).with_row_index("at")
    frame = frame.with_columns(
        length=pl.col("text").str.len_chars(), parent=pl.lit(None, dtype=pl.UInt32)
    )
    for length in sorted(frame["length"].unique())[:-1]:
        short = frame.filter(pl.col("length") == length).select(head="text", found="at")
        longer = pl.col("length") > length
        head = pl.when(longer).then(pl.col("text").str.slice(0, length))
        frame = (
            frame.with_columns(head=head)
            .join(short, on="head", how="left", maintain_order="left")
            .with_columns(parent=pl.coalesce("found", "parent"))
            .drop("head", "found")
        )
    return frame["parent"]
