"""Why online charging refuses: each with a code that does not change."""

from dataclasses import dataclass

from tallystick.base.refusal import Refusal


@dataclass
class InsufficientBalance(Refusal):
    code = "insufficient_balance"
    available: str = ""
    needed: str = ""

    def sentence(self) -> str:
        needed = f"it costs {self.needed}" if self.needed else "not one unit can be paid"
        return f"the account has {self.available} to use and {needed}; top it up and ask again"


@dataclass
class UnknownSubject(Refusal):
    code = "unknown_subject"
    subject: str = ""

    def sentence(self) -> str:
        return f"no service was known by {self.subject} at that time; assign it to one"


@dataclass
class ServiceBarred(Refusal):
    code = "service_barred"
    state: str = ""

    def sentence(self) -> str:
        return f"the service is {self.state}; restore it before it can be used"


@dataclass
class CannotRate(Refusal):
    code = "cannot_rate"
    reason: str = ""
    detail: str = ""

    def sentence(self) -> str:
        told = f" ({self.detail})" if self.detail else ""
        return f"no price fits this usage: {self.reason}{told}; publish one or correct the request"


@dataclass
class SessionExists(Refusal):
    code = "session_exists"
    session: str = ""

    def sentence(self) -> str:
        return f"session {self.session!r} was opened before; extend it, or open another"


@dataclass
class UnknownSession(Refusal):
    code = "unknown_session"
    session: str = ""

    def sentence(self) -> str:
        return f"there is no session {self.session!r}; reserve it first"


@dataclass
class SessionEnded(Refusal):
    code = "session_ended"
    session: str = ""
    state: str = ""

    def sentence(self) -> str:
        return f"session {self.session!r} is {self.state} already; open another"


@dataclass
class UsedLess(Refusal):
    code = "used_less"
    used: str = ""

    def sentence(self) -> str:
        return f"{self.used} was reported used before; report what was used since the session began"


@dataclass
class AbsurdTime(Refusal):
    code = "absurd_time"
    at: str = ""
    now: str = ""

    def sentence(self) -> str:
        return f"{self.at} is too far from the present, {self.now}; set the clock of the sender"


@dataclass
class KeyUsed(Refusal):
    code = "key_used"
    key: str = ""

    def sentence(self) -> str:
        return f"the key {self.key!r} came with another request before; give each its own key"


@dataclass
class NothingToRefund(Refusal):
    code = "nothing_to_refund"
    session: str = ""
    left: str = ""

    def sentence(self) -> str:
        return f"{self.left} of session {self.session!r} can be given back, not more; ask for that"


@dataclass
class StillOpen(Refusal):
    code = "session_open"
    session: str = ""

    def sentence(self) -> str:
        return f"session {self.session!r} is still open; commit or release it before a refund"
