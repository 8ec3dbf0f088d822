"""What a story can say of usage that is charged while it happens."""

from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import Final

from tallystick.packs.stories.step import Step


@dataclass(frozen=True, slots=True)
class OnlineEvent(Step):
    form = (
        "online event SUBJECT_KIND SUBJECT KIND QUANTITY of UNIT [called CALLED] [zone ZONE]"
        " [at TIME] [costing COST]"
    )
    subject_kind: str
    subject: str
    kind: str
    quantity: Decimal
    unit: str
    called: str | None
    zone: str | None
    time: time | None
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class OnlineReserve(Step):
    form = (
        "online reserve SESSION SUBJECT_KIND SUBJECT KIND QUANTITY of UNIT [called CALLED]"
        " [zone ZONE] [at TIME] [granting GRANTED]"
    )
    session: str
    subject_kind: str
    subject: str
    kind: str
    quantity: Decimal
    unit: str
    called: str | None
    zone: str | None
    time: time | None
    granted: Decimal | None


@dataclass(frozen=True, slots=True)
class OnlineExtend(Step):
    form = (
        "online extend SESSION used USED wants QUANTITY of UNIT [at TIME] [granting GRANTED]"
        " [costing COST]"
    )
    session: str
    used: Decimal
    quantity: Decimal
    unit: str
    time: time | None
    granted: Decimal | None
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class OnlineCommit(Step):
    form = "online commit SESSION used USED of UNIT [at TIME] [costing COST]"
    session: str
    used: Decimal
    unit: str
    time: time | None
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class OnlineRelease(Step):
    form = "online release SESSION [at TIME] [costing COST]"
    session: str
    time: time | None
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class OnlineExpire(Step):
    form = "online expire [at TIME]"
    time: time | None


OnlineStep = (
    OnlineEvent | OnlineReserve | OnlineExtend | OnlineCommit | OnlineRelease | OnlineExpire
)

ONLINE_STEPS: Final = (
    OnlineEvent, OnlineReserve, OnlineExtend, OnlineCommit, OnlineRelease, OnlineExpire,
)  # fmt: skip
