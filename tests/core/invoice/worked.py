"""Reads the worked tables of docs/algorithms, so that what they say is what the code does."""

from pathlib import Path

ALGORITHMS = Path(__file__).parents[3] / "docs" / "algorithms"


def worked_table(page: str, heading: str) -> list[dict[str, str]]:
    """The rows of the first table under that heading, by column name."""
    lines = (ALGORITHMS / page).read_text(encoding="utf-8").splitlines()
    at = next(n for n, line in enumerate(lines) if line.lstrip("# ") == heading)
    rows: list[list[str]] = []
    for line in lines[at + 1 :]:
        if line.startswith("|"):
            rows.append([cell.strip().strip("`") for cell in line.strip("|").split("|")])
        elif rows or line.startswith("#"):
            break
    head, _, *body = rows
    assert body, f"{page} has no rows under {heading}"
    return [dict(zip(head, row, strict=True)) for row in body]
