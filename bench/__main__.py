"""Runs benchmarks one by one, each in a process of its own so that its memory is its own."""

import argparse
import json
import subprocess
import sys
from importlib import import_module

from bench.measure import hardware

NAMES = ("rating", "draw", "deck", "curve", "periods", "pipeline", "prepaid", "billrun",
         "group", "drafts", "pdf", "einvoice", "statement", "ladder", "online", "simulate",
         "price")  # fmt: skip
COLUMNS = (
    "name",
    "rows",
    "seconds",
    "rate_per_s",
    "p99_ms",
    "peak_rss_mb",
    "all_mb",
    "setup_s",
    "limit_per_s",
    "limit_ratio",
)


def main() -> None:
    """`python -m bench [NAME ...] [--rows N,N] [--json]`."""
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all")
    parser.add_argument(
        "--rows",
        metavar="N[,N...]",
        help="how many rows, instead of each one's own number; of several, one after the other",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    for name in asked.names:
        if name not in NAMES:
            parser.error(f"{name!r} is no benchmark; choose of {', '.join(NAMES)}")
    sizes = [int(size) if size.isascii() and size.isdigit() else 0
             for size in (asked.rows or "").split(",") if asked.rows]  # fmt: skip
    if not all(sizes):
        parser.error("--rows is a number from 1, or several with commas: 20000,100000")
    if asked.here:
        module = import_module(f"bench.{asked.names[0]}")
        made = module.run(sizes[0]) if sizes else module.run()
        for figure in made if isinstance(made, list) else [made]:
            print(json.dumps(figure.as_row()))
        return
    machine = hardware()
    if not asked.json:
        print(f"{machine.cpus} x {machine.cpu_model}, Python {machine.python}")
        print("".join(f"{column:>14}" for column in COLUMNS), flush=True)
    for name in asked.names or NAMES:
        for rows in sizes or [None]:
            for figures in run_apart(name, rows):
                tell(figures, as_json=asked.json)


def run_apart(name: str, rows: int | None) -> list[dict[str, object]]:
    """The figures of one benchmark, one or more, run in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", "bench", name, "--here"]
    if rows is not None:
        command += ["--rows", str(rows)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"the benchmark {name} failed; its own words stand above")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def tell(figures: dict[str, object], *, as_json: bool) -> None:
    """One line a benchmark."""
    if as_json:
        print(json.dumps(figures), flush=True)
    else:
        cells = ("-" if figures[column] is None else figures[column] for column in COLUMNS)
        print("".join(f"{cell:>14}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
