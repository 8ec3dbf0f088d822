import socket

import pytest

from tallystick.wiring.serve import PortTaken, try_port


def test_a_taken_port_is_refused_with_another():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        port = door.getsockname()[1]
        with pytest.raises(PortTaken, match=f"--port {port + 1}"):
            try_port(port)
    try_port(port)
