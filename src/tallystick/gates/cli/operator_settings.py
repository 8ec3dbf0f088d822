"""An operator's settings afterwards: shown, changed by its file, exported, as they were."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
import yaml

from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import examples, table_of, tell
from tallystick.gates.cli.asking import AsJson, Operator, Present, act_for

if TYPE_CHECKING:
    from tallystick.domain.tenants.models import Tenant
    from tallystick.domain.tenants.settings import Change

CELL_MAX: Final = 80
"""Characters of a value that a table shows."""

FROM_NOW: Final = {
    "name": "documents of what was issued before keep the name of their day",
    "brand": "documents of what was issued before keep the brand of their day",
    "language": "documents of what was issued before keep the language of their day",
    "payment_days": "for accounts that are opened from now on; for others: tallystick account "
    "payment-days",
    "exchange_at": "for payments from now on",
    "quarantine": "what is in quarantine already stays as it is",
    "ladder": "for steps from now on; who has taken one stands where it left them",
}
"""What a changed setting changes, by its first word."""


def join(operator: typer.Typer) -> None:
    """Adds the commands to those of an operator."""
    operator.command(epilog=examples("operator show", "operator show --json"))(show)
    operator.command(
        epilog=examples(
            "operator change hedgerow.yaml --dry-run",
            "operator change hedgerow.yaml --json",
            "operator change mended.yaml --for-issued",
        )
    )(change)
    operator.command(epilog=examples("operator history", "operator history payment_days --json"))(
        history
    )
    operator.command(
        epilog=examples("operator export hedgerow-now", "operator export now --operator larkspur")
    )(export)


def show(operator: Operator = None, as_json: AsJson = False) -> None:
    """Show every setting of an operator, and whether and how it may be changed."""
    present = act_for(operator)
    settings = _settings(present)
    told = [
        {"setting": name, "value": value, "may_change": _may_change(name)}
        for name, value in settings.items()
    ]
    rows = [(row["setting"], _short(row["value"]), row["may_change"]) for row in told]
    tell(
        {"operator": present.tenant.code, "settings": told},
        as_json=as_json,
        table=table_of(["setting", "value", "may change"], rows),
    )


def change(
    file: Annotated[Path, typer.Argument(metavar="FILE.yaml", show_default=False)],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change and change nothing.")
    ] = False,
    for_issued: Annotated[
        bool,
        typer.Option("--for-issued", help="Mend documents of what was issued before, too."),
    ] = False,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Make an operator's settings those of a file, such as the one that it was opened from.

    All that may not change and differs is refused at once. `tallystick operator export` writes the
    file as things stand; a tax table is published by itself: `tallystick taxes publish`.
    """
    from tallystick.flows.operator_settings import Settings, change_settings
    from tallystick.gates.cli.operator_file import read_operator

    present = act_for(operator)
    read = read_operator(file)
    done = change_settings(
        Settings(file.name, read.code, read.columns, read.ladders),
        tenant_id=present.tenant_id,
        at=present.at,
        for_issued=for_issued,
        keep=not dry_run,
    )
    said = [_sentence(one, for_issued=for_issued) for one in done]
    if not done:
        said = [f"{file.name} says what holds already; nothing was changed"]
    elif dry_run:
        said += ["nothing was changed; this would be"]
    tell(
        {
            "operator": present.tenant.code,
            "changes": [
                {"setting": one.setting, "before": one.before, "after": one.after} for one in done
            ],
            "changed": bool(done) and not dry_run,
        },
        as_json=as_json,
        said="\n".join(said),
    )


def history(
    setting: Annotated[
        str | None, typer.Argument(help="One that was changed; else all of them.")
    ] = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """List what settings were and since when, the first first; taxes too."""
    from tallystick.domain.tenants.models import SettingVersion

    present = act_for(operator)
    known = [*_settings(present), *_changed(present)]
    if setting is not None and setting not in known:
        named = ", ".join(dict.fromkeys(known))
        raise typer.BadParameter(f"{setting!r} is no setting; known: {named}")
    with acting_for(present.tenant_id):
        kept = SettingVersion.objects.order_by("setting", "number")
        found = list(kept.filter(setting=setting) if setting else kept)
    told = [
        {"setting": one.setting, "number": one.number, "since": one.set_at,
         "file": one.file or None, "value": one.text}
        for one in found
    ]  # fmt: skip
    rows = [
        (one.setting, one.number, present.local(one.set_at), one.file or "(opened with)",
         _short(one.text))
        for one in found
    ]  # fmt: skip
    tell(
        {"operator": present.tenant.code, "history": told},
        as_json=as_json,
        table=table_of(["setting", "no.", "since", "file", "value"], rows) if rows else None,
        said=""
        if rows
        else f"{setting or 'nothing'} was not changed since the operator was opened"
        if setting
        else "nothing was changed since the operator was opened",
    )


def export(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder.")],
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Write the operator's file as things stand, with its tax table and ladders beside it."""
    present = act_for(operator)
    texts = _files(present)
    folder.mkdir(parents=True)
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode())
    tell(
        {"operator": present.tenant.code, "folder": folder, "files": list(texts)},
        as_json=as_json,
        said=f"wrote {present.tenant.code} into {folder}: {', '.join(texts)}",
    )


def _files(present: Present) -> dict[str, str]:
    """The operator's file and those that it names, by name."""
    from tallystick.flows.operator_settings import CHANGING, NEVER, UNTIL_POSTED

    tenant, others = present.tenant, {}
    words: dict[str, Any] = {"code": tenant.code}
    for name in (*NEVER, *CHANGING, *UNTIL_POSTED):
        value = getattr(tenant, name)
        if value not in ("", {}):
            words[name] = (
                {True: "true", False: "false"}[value] if isinstance(value, bool) else value
            )
    if tenant.quarantine:
        words["quarantine"] = {kind: f"{days} days" for kind, days in tenant.quarantine.items()}
    if tenant.taxes:
        words["taxes"], others["taxes.yaml"] = "taxes.yaml", tenant.taxes
    ladders = _ladders(present)
    if ladders:
        words["ladders"] = {segment: f"ladder-{segment}.yaml" for segment in ladders}
        others |= {f"ladder-{segment}.yaml": text for segment, text in ladders.items()}
    if tenant.rehearsal_at:
        words["rehearsal"] = present.today.isoformat()
    text = yaml.safe_dump(words, allow_unicode=True, sort_keys=False, width=100)
    return {f"{tenant.code}.yaml": text, **others}


def _ladders(present: Present) -> dict[str, str]:
    from tallystick.domain.collections.queries import ladder_texts

    with acting_for(present.tenant_id):
        return dict(ladder_texts())


def _changed(present: Present) -> list[str]:
    from tallystick.domain.tenants.models import SettingVersion

    with acting_for(present.tenant_id):
        return list(SettingVersion.objects.values_list("setting", flat=True).distinct())


def _settings(present: Present) -> dict[str, str]:
    """Every setting as text, by name."""
    from tallystick.domain.tenants.settings import as_text, of_ladder
    from tallystick.flows.operator_settings import CHANGING, NEVER, UNTIL_POSTED

    tenant: Tenant = present.tenant
    return {
        "code": tenant.code,
        **{name: as_text(getattr(tenant, name)) for name in (*NEVER, *UNTIL_POSTED, *CHANGING)},
        "clock": tenant.clock,
        "taxes": tenant.taxes,
        **{of_ladder(segment): text for segment, text in _ladders(present).items()},
    }


def _may_change(name: str) -> str:
    from tallystick.flows.operator_settings import CHANGING, UNTIL_POSTED

    if name == "taxes":
        return "by taxes publish"
    if name in UNTIL_POSTED:
        return "until anything is in the books"
    return "by operator change" if name in CHANGING or name.startswith("ladder ") else "never"


def _sentence(one: "Change", *, for_issued: bool) -> str:
    from tallystick.domain.tenants.settings import SHOWN_ON_DOCUMENTS

    before = "added" if one.before is None else _short(one.before) or "empty"
    after = _short(one.after) or "empty"
    if one.setting.startswith("ladder "):
        what = "added" if one.before is None else "changed" if one.after else "taken away"
        moved = f"{one.setting}: {what}"
    else:
        moved = f"{one.setting}: {before} -> {after}"
    effect = FROM_NOW.get(one.setting.split()[0])
    if for_issued and one.setting in SHOWN_ON_DOCUMENTS:
        effect = "on documents of what was issued before, too"
    return f"{moved} ({effect})" if effect else moved


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= CELL_MAX else f"{line[: CELL_MAX - 3]}..."
