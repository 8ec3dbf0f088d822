"""Publishing an operator's posting rules: versions that hold from a day on and never change."""

from dataclasses import dataclass
from datetime import date, datetime

from tallystick.base.refusal import Refusal
from tallystick.core.post.own_chart import read_own_chart
from tallystick.domain.ledger.models import ChartRules, Entry, OwnAccount
from tallystick.domain.ledger.operations import require_open


@dataclass
class RulesExist(Refusal):
    code = "posting_rules_exist"
    valid_from: str = ""

    def sentence(self) -> str:
        return (
            f"posting rules hold from {self.valid_from} already, and published rules never change; "
            "publish from another day"
        )


@dataclass
class OwnAccountChanged(Refusal):
    code = "own_account_changed"
    account: str = ""
    before: str = ""
    after: str = ""

    def sentence(self) -> str:
        return (
            f"account {self.account} is of kind {self.before} in rules published before and "
            f"{self.after} here; give the new one a code of its own"
        )


@dataclass(frozen=True, slots=True)
class Published:
    """A version of posting rules, and how many entries of its days stand as they were posted."""

    version: int
    valid_from: date
    entries: int


def publish_rules(
    text: str, *, name: str, tenant_id: int, valid_from: date, at: datetime
) -> Published:
    """Rules for what is posted from now on that occurs on that day or later.

    :raises OwnChartRefused: when the text says what cannot be
    :raises RulesExist: when rules begin on that day already
    :raises OwnAccountChanged: when an account was of another kind before
    :raises BooksClosed: when that day lies in a closed period
    """
    chart = read_own_chart(text, name=name)
    require_open(valid_from)
    if ChartRules.objects.filter(valid_from=valid_from).exists():
        raise RulesExist(valid_from=valid_from.isoformat())
    for account in chart.accounts:
        known = OwnAccount.objects.filter(code=account.code).first()
        if known is not None and known.kind != account.kind:
            raise OwnAccountChanged(account=account.code, before=known.kind, after=account.kind)
        OwnAccount.objects.update_or_create(
            tenant_id=tenant_id,
            code=account.code,
            defaults={"name": account.name, "kind": account.kind},
        )
    ChartRules.objects.create(
        tenant_id=tenant_id, name=name, text=text, valid_from=valid_from, published_at=at
    )
    return Published(
        version=ChartRules.objects.count(),
        valid_from=valid_from,
        entries=Entry.objects.filter(occurred_on__gte=valid_from).count(),
    )
