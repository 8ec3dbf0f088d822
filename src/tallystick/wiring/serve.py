"""The web server, on this machine's own address only: the console has no sign-in yet."""

import socket
from dataclasses import dataclass
from typing import Final

from granian import Granian
from granian.constants import Interfaces

from tallystick.base.refusal import Refusal

ADDRESS: Final = "127.0.0.1"
THREADS: Final = 8


@dataclass
class PortTaken(Refusal):
    code = "port_taken"
    port: int = 0
    detail: str = ""

    def sentence(self) -> str:
        return (
            f"nothing can listen on {ADDRESS}:{self.port} ({self.detail}); "
            f"end what does, or serve on another port: --port {self.port + 1}"
        )


def serve(*, port: int) -> None:
    """Serves until it is told to end.

    :raises PortTaken: when another program listens there, or we may not
    """
    try_port(port)
    Granian(
        "tallystick.wiring.web:application",
        address=ADDRESS,
        port=port,
        interface=Interfaces.WSGI,
        blocking_threads=THREADS,
        websockets=False,
        log_enabled=False,
    ).serve()


def try_port(port: int) -> None:
    """Listens there for a moment.

    :raises PortTaken: when that is not possible
    """
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((ADDRESS, port))
        except (OSError, OverflowError) as fault:
            reason = getattr(fault, "strerror", None) or str(fault)
            raise PortTaken(port=port, detail=reason) from fault
