"""Steps of a story about the operator's own settings."""

from datetime import datetime
from pathlib import Path

from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.operator_settings import Settings, change_settings
from tallystick.flows.tax_table import publish_taxes
from tallystick.gates.cli.asking import read_text
from tallystick.gates.cli.operator_file import read_operator
from tallystick.packs.stories.operator_steps import ChangeOperator, CorrectTaxes, OperatorStep
from tallystick.packs.stories.stage import Stage


def change_operator(step: OperatorStep, *, stage: Stage, at: datetime) -> str:
    """What changed, in a few words.

    :raises Refusal: when the file says what cannot be, or what may not change
    """
    path = stage.find(step.path)
    if isinstance(step, ChangeOperator):
        return _take_file(path, stage=stage, at=at)
    done = publish_taxes(
        read_text(path),
        file=path.name,
        tenant_id=stage.tenant.id,
        at=at,
        taxed_days=isinstance(step, CorrectTaxes),
    )
    return "; ".join(change.sentence() for change in done.changes) or "nothing changed"


def _take_file(path: Path, *, stage: Stage, at: datetime) -> str:
    """The operator file; its code and clock are the story's own."""
    read, tenant = read_operator(path), stage.tenant
    columns = read.columns | {"clock": tenant.clock}
    wanted = Settings(path.name, tenant.code, columns, read.ladders)
    changed = change_settings(wanted, tenant_id=tenant.id, at=at)
    with acting_for(tenant.id):
        tenant.refresh_from_db()
    return ", ".join(change.setting for change in changed) or "nothing changed"
