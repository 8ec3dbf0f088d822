"""Usage: files in, what was refused and its way back, charging."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tallystick.base.money import EXACT, plain
from tallystick.base.refusal import Refusal
from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import (
    NOT_ALL_WELL,
    REFUSED,
    examples,
    progress_bar,
    table_of,
    tell,
)
from tallystick.gates.cli.asking import (
    AsJson,
    Operator,
    Present,
    Rows,
    act_for,
    as_pairs,
    digest_of,
    one_of,
    read_day,
    read_pair,
    spread,
)
from tallystick.gates.cli.corrections import export_line, read_corrections

if TYPE_CHECKING:
    import polars as pl

    from tallystick.core.capture.conserve import Manifest
    from tallystick.core.capture.decoded import Format
    from tallystick.domain.usage.models import Batch
    from tallystick.flows.capture import LoadReport
    from tallystick.flows.replay import ReplayReport

app = typer.Typer()
usage = typer.Typer(no_args_is_help=True, help="Usage: load files, mend and replay rejects.")
app.add_typer(usage, name="usage")

FIGURES = (
    "rows_in", "accepted", "duplicates", "rejected", "absorbed", "corrected", "cancelled",
)  # fmt: skip
RARE = ("corrected", "cancelled")
CHANGED = (
    "record_changed says another thing than the record of its id before: load such files with "
    "`corrections: accept` in the mapping or with --corrections accept, and these rejects with: "
    "tallystick usage replay --all --code record_changed --corrections accept"
)
FormatName = Annotated[
    str,
    typer.Option("--format", help="A format's name or a mapping.yaml.", show_default=False),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", parser=read_pair, metavar="NAME=VALUE", help="A setting of the format."),
]
Code = Annotated[str | None, typer.Option(help="Only those of this reason.")]


Corrections = Annotated[
    str | None,
    typer.Option(
        metavar="accept|refuse",
        parser=one_of("accept", "refuse"),
        help="Whether a record that says something else takes the place of the first.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change, do nothing.")]


@dataclass(frozen=True, slots=True)
class Replaying:
    """How rejects are read again, and whether they may correct records."""

    format_name: Annotated[
        str | None, typer.Option("--format", help="Of corrected `raw`; else as it was loaded.")
    ] = None
    settings: Settings = None
    corrections: Corrections = None


@dataclass(frozen=True, slots=True)
class Again:
    """What to rate again: an account or all, from a day to a day."""

    since: Annotated[
        date,
        typer.Option(
            "--from", parser=read_day, metavar="DAY", help="The first day.", show_default=False
        ),
    ]
    until: Annotated[
        date,
        typer.Option(
            "--to", parser=read_day, metavar="DAY", help="The last day.", show_default=False
        ),
    ]
    account: Annotated[str | None, typer.Option(help="An account's number.")] = None
    everybody: Annotated[bool, typer.Option("--all", help="Every account.")] = False


@usage.command(
    epilog=examples(
        "usage load calls-0201.csv calls-0202.csv --format host-daily.yaml --source kestrel",
        "usage load radius.jsonl.gz --format radius --json",
        "usage load april-again.csv --format nem12 --corrections accept",
    )
)
def load(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", show_default=False)],
    format_name: FormatName,
    source: Annotated[
        str | None, typer.Option(help="Where it is from; else the format's name.")
    ] = None,
    settings: Settings = None,
    corrections: Corrections = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Load usage files; the same content is taken once, a stopped load goes on.

    A record that was taken before and says something else now is rejected (record_changed), or
    takes the place of the first where the mapping or --corrections says accept.

    Exit code 1 when a file could not be read (the others are loaded), 3 when rows were rejected.
    """
    present = act_for(operator)
    digests = {file: digest_of(file) for file in files}
    origin = source or Path(format_name).stem
    told: list[dict[str, Any]] = []
    for file, digest in digests.items():
        named: dict[str, Any] = {"format_name": format_name, "source": origin, "digest": digest}
        named["accept"] = corrections and corrections == "accept"
        told.append(_try_load(file, present, settings=dict(as_pairs(settings)), **named))
    rejected = any(row.get("rejected") for row in told)
    refused = any("error" in row for row in told)
    tell(
        {"operator": present.tenant.code, "source": origin, "files": told},
        as_json=as_json,
        table=table_of(
            ["file", *(shown := _worth_showing(told)), ""],
            [[row["file"], *(row.get(name) for name in shown), row["said"]] for row in told],
        ),
        said="see: tallystick usage rejects" if rejected else "",
    )
    raise typer.Exit(REFUSED if refused else NOT_ALL_WELL if rejected else 0)


def _worth_showing(rows: list[dict[str, Any]]) -> list[str]:
    """The figures to show: those of corrections only where there are some."""
    return [name for name in FIGURES if name not in RARE or any(row.get(name) for row in rows)]


def _try_load(
    file: Path,
    present: Present,
    *,
    format_name: str,
    source: str,
    digest: str,
    settings: Mapping[str, str],
    accept: bool | None,
) -> dict[str, Any]:
    """What became of one file, as a row of the answer."""
    from tallystick.flows.capture import Delivery, capture_usage
    from tallystick.gates.files.formats import find_format
    from tallystick.gates.files.usage import open_usage

    def opened(known: "pl.DataFrame") -> Any:
        return open_usage(file, format=find_format(format_name, settings=settings, sessions=known))

    try:
        own = find_format(format_name, settings=settings).corrections
        with progress_bar() as progress:
            report = capture_usage(
                Delivery(source, file.name, format_name, digest),
                tenant_id=present.tenant_id,
                chunks=opened,
                at=present.at,
                progress=progress,
                corrections=own if accept is None else accept,
            )
    except Refusal as refusal:
        return {"file": str(file), "error": refusal.code, "said": refusal.sentence()}
    return _loaded(file, report)


def _loaded(file: Path, report: "LoadReport") -> dict[str, Any]:
    return {
        "file": str(file),
        "batch": report.batch_id,
        "already_loaded": report.already_loaded,
        **_figures(report.manifest),
        "said": "was loaded before; nothing taken again" if report.already_loaded else "loaded",
    }


def _figures(manifest: "Manifest") -> dict[str, Any]:
    return {
        **{name: getattr(manifest, name) for name in FIGURES},
        "quantity_in": plain(manifest.quantity_in),
        "quantities": {kind: plain(total) for kind, total in sorted(manifest.quantities.items())},
    }


@usage.command(epilog=examples("usage batches", "usage batches --limit 5 --json"))
def batches(limit: Rows = 30, operator: Operator = None, as_json: AsJson = False) -> None:
    """List the files taken in, the latest first, with the figures that prove nothing is lost."""
    from tallystick.domain.usage.operations import manifest_of
    from tallystick.domain.usage.queries import recent_batches

    present = act_for(operator)
    with acting_for(present.tenant_id):
        found = recent_batches(count=limit)
    told = [
        {
            "batch": batch.id,
            "file": batch.filename,
            "source": batch.source.code,
            "format": batch.format,
            "state": _state(batch),
            **_figures(manifest_of(batch)),
        }
        for batch in found
    ]
    columns = ["batch", "file", "source", "state", *_worth_showing(told)]
    tell(
        {"batches": told},
        as_json=as_json,
        table=table_of(columns, [[row[name] for name in columns] for row in told]),
    )


def _state(batch: "Batch") -> str:
    return "charged" if batch.charge_run_id is not None else str(batch.state)


@usage.command(
    epilog=examples("usage rejects --code unknown_subject", "usage rejects --export rejects.jsonl")
)
def rejects(
    code: Code = None,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Write all of them there to correct.")
    ] = None,
    limit: Rows = 50,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """List the rows that could not be taken, or export them to be corrected and replayed.

    They wait here, whole, until they are let in; nothing of them is lost or guessed.
    """
    from tallystick.domain.usage.rejects import count_by_code, open_rejects

    present = act_for(operator)
    with acting_for(present.tenant_id):
        waiting = open_rejects(code=code)
        count, codes = waiting.count(), count_by_code(waiting)
        shown = [export_line(reject) for reject in waiting[:limit]]
        if export is not None:
            with export.open("w", encoding="utf-8") as file:
                for reject in waiting.iterator():
                    file.write(json.dumps(export_line(reject), ensure_ascii=False) + "\n")
    if export is not None:
        tell(
            {"exported": count, "file": export},
            as_json=as_json,
            said=f"{count} rejects are in {export}. Correct `event` or `raw` of each and say: "
            f"tallystick usage replay --file {export}",
        )
        return
    columns = ["reject", "batch", "file", "line", "code", "parameters"]
    tell(
        {"open": count, "codes": codes, "rejects": shown},
        as_json=as_json,
        table=table_of(columns, [[row[name] for name in columns] for row in shown]),
        said=f"{count} rejects wait"
        + (": " + ", ".join(f"{n} {one}" for one, n in codes.items()) if len(codes) > 1 else "")
        + (f"; the first {limit} are shown" if count > limit else "")
        + ("." + "\n" + CHANGED if "record_changed" in [row["code"] for row in shown] else ""),
    )


@usage.command(
    epilog=examples(
        "usage replay --all --code unknown_subject",
        "usage replay --file corrected.jsonl",
        "usage replay --all --code record_changed --corrections accept",
    )
)
@spread
def replay(
    file: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Exported rejects, corrected.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="As they are, now that their subjects may be known.")
    ] = False,
    code: Code = None,
    *,
    how: Replaying,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Try rejects again; what is accepted is charged by the next `tallystick rate`.

    Exit code 3 when some were refused again.
    """
    from tallystick.flows.replay import replay_corrections, replay_rejects
    from tallystick.gates.files.formats import find_format

    if (file is None) == (not everything):
        raise typer.BadParameter("say either --all or --file FILE.jsonl")

    def formats(name: str, sessions: "pl.DataFrame") -> "Format":
        own = dict(as_pairs(how.settings))
        return find_format(how.format_name or name, settings=own, sessions=sessions)

    present = act_for(operator)
    common: dict[str, Any] = {"tenant_id": present.tenant_id, "at": present.at}
    common["accept"] = how.corrections == "accept"
    with progress_bar() as progress:
        if file is None:
            report = replay_rejects(code=code, progress=progress, **common)
        else:
            report = replay_corrections(
                read_corrections(file), find_format=formats, progress=progress, **common
            )
    _tell_replay(report, as_json=as_json)


def _tell_replay(report: "ReplayReport", *, as_json: bool) -> None:
    refused = [{"reject": reject_id, "code": code} for reject_id, code in report.refused]
    tell(
        {
            "accepted": report.accepted,
            "duplicates": report.duplicates,
            "absorbed": report.absorbed,
            "corrected": report.corrected,
            "cancelled": report.cancelled,
            "refused": refused,
        },
        as_json=as_json,
        table=table_of(["reject", "refused because"], report.refused) if refused else None,
        said=f"{report.accepted} accepted, {report.duplicates} duplicates, "
        f"{report.absorbed} without usage, {report.corrected} corrected, "
        f"{report.cancelled} cancelled, {len(refused)} refused again",
    )
    raise typer.Exit(NOT_ALL_WELL if refused else 0)


@app.command(
    epilog=examples(
        "rerate --all --from 2026-01-01 --to 2026-01-31 --dry-run",
        "rerate --account A-1001 --from 2026-01-01 --to 2026-02-28 --json",
    )
)
@spread
def rerate(
    what: Again, dry_run: DryRun = False, operator: Operator = None, as_json: AsJson = False
) -> None:
    """Rate usage again by the prices as they are now known; the next bill has the difference.

    Cycles that have one of the days are rated again, whole. Nothing is edited: lines that differ
    are taken back and others put in their place. Told again it changes nothing. Prices by the
    period follow with the next bill; `bill rehearse` shows them.
    """
    from tallystick.domain.parties.queries import account_numbered
    from tallystick.flows.again import Days, rehearse_rerating, rerate_usage

    if (what.account is None) == (not what.everybody):
        raise typer.BadParameter("say either --account NUMBER or --all")
    if what.until < what.since:
        raise typer.BadParameter(f"{what.until} is before {what.since}")
    present = act_for(operator)
    account_id = None
    if what.account is not None:
        with acting_for(present.tenant_id):
            account_id = account_numbered(what.account).id
    days = Days(what.since, what.until + timedelta(days=1))
    common: dict[str, Any] = {"tenant_id": present.tenant_id, "account_id": account_id}
    with progress_bar() as progress:
        if dry_run:
            changed = rehearse_rerating(days, progress=progress, **common)
        else:
            changed = rerate_usage(days, at=present.at, progress=progress, **common)
    rows = [{**asdict(one), "difference": EXACT.subtract(one.now, one.before)} for one in changed]
    columns = ["account", "offer", "component", "events", "before", "now", "difference"]
    would = "nothing was stored" if dry_run else "the next bills have it"
    tell(
        {"dry_run": dry_run, "changed": rows},
        as_json=as_json,
        table=table_of(columns, [[row[name] for name in columns] for row in rows]),
        said=f"{len({one.account for one in changed if one.now != one.before})} accounts pay "
        f"otherwise; {would}",
    )


@app.command(epilog=examples("rate", "rate --operator larkspur --json"))
def rate(operator: Operator = None, as_json: AsJson = False) -> None:
    """Charge all usage that waits; a stopped run goes on.

    Exit code 3 when events were suspended: no price could be put on them yet.
    """
    from tallystick.domain.usage.late_tables import count_held
    from tallystick.domain.usage.queries import open_suspense
    from tallystick.flows.charge import charge_usage

    present = act_for(operator)
    with progress_bar() as progress:
        report = charge_usage(tenant_id=present.tenant_id, at=present.at, progress=progress)
    with acting_for(present.tenant_id):
        reasons, held = dict(open_suspense()), count_held()
    tell(
        {
            "runs": report.runs,
            "events": report.events,
            "lines": report.lines,
            "suspended": report.suspended,
            "online": report.online,
            "held": held,
            "suspense": reasons,
        },
        as_json=as_json,
        table=table_of(["suspended because", "events"], reasons.items()) if reasons else None,
        said=f"{report.events} events charged into {report.lines} lines, "
        f"{report.suspended} suspended"
        + (f"; {report.online} charged online taken over" if report.online else "")
        + (f"; {held} late events are held, see: tallystick usage held" if held else "")
        + ("; see: tallystick usage suspense" if reasons else ""),
    )
    raise typer.Exit(NOT_ALL_WELL if report.suspended else 0)
