"""A network element that only keeps a log of what it was told, one JSON object a line."""

import json
from pathlib import Path

from tallystick.base.courier import DeliveryFailed, PlacedOrder


class LoggingElement:
    """Answers `done` and writes each order down once, by its key."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._known: set[str] | None = None

    def deliver(self, order: PlacedOrder) -> str:
        """`done`, or `already done` where the key was told before.

        :raises DeliveryFailed: when the log cannot be written
        """
        try:
            key = f"{order.operator}/{order.key}"
            if key in self._keys():
                return "already done"
            line = {
                "at": order.ordered_at.isoformat(),
                "operator": order.operator,
                "account": order.account,
                "action": order.action,
                **order.payload,
                "key": key,
            }
            with self._log.open("a", encoding="utf-8") as log:
                log.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._keys().add(key)
        except OSError as error:
            raise DeliveryFailed(reason=f"{self._log}: {error.strerror}") from None
        return "done"

    def _keys(self) -> set[str]:
        if self._known is None:
            self._log.parent.mkdir(parents=True, exist_ok=True)
            self._log.touch()
            lines = self._log.read_text(encoding="utf-8").splitlines()
            self._known = {json.loads(line)["key"] for line in lines}
        return self._known
