"""The online charging service: its own process, its own connections, one event loop."""

import asyncio
import gc
import logging
import os
import signal
import sys
from dataclasses import asdict, dataclass
from typing import Final

import uvloop

from tallystick.base.clock import WallClock
from tallystick.base.refusal import Refusal
from tallystick.domain.reservations.connecting import connect
from tallystick.domain.tenants.scope import list_tenants
from tallystick.flows.charge_online import DatabaseAway, OnlineCharger
from tallystick.gates.charging.door import Connection, Front
from tallystick.wiring.serve import ADDRESS, PortTaken

SWEEP_S: Final = 1.0
GARBAGE: Final = 20_000
"""Objects made before the collector looks for what is left over of them in circles."""

SWITCH_S: Final = 0.0005
"""How long a thread that reads prices beside the work may keep the work waiting."""

LOG: Final = logging.getLogger("tallystick.charging")


@dataclass
class TokenNeeded(Refusal):
    code = "token_needed"
    address: str = ""

    def sentence(self) -> str:
        return (
            f"{self.address} can be reached by others; set TALLYSTICK_CHARGE_TOKEN to a secret "
            f"that clients send, or listen on {ADDRESS}"
        )


def serve_charging(*, address: str, port: int) -> None:
    """Serves until it is told to end; what was asked before is answered first.

    :raises TokenNeeded: when others could ask and no token is set
    :raises PortTaken: when it cannot listen there
    """
    token = os.environ.get("TALLYSTICK_CHARGE_TOKEN", "")
    if address != ADDRESS and not token:
        raise TokenNeeded(address=address)
    # What was loaded to begin with stays; looking through it again and again finds nothing.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)
    sys.setswitchinterval(SWITCH_S)
    uvloop.run(_serve(address, port, token))


async def _serve(address: str, port: int, token: str) -> None:
    loop = asyncio.get_running_loop()
    charger, clock = OnlineCharger(connect), WallClock()
    operators = {code: number for number, code, _ in await asyncio.to_thread(list_tenants)}
    front = Front(charger, operators.get, clock.now, lambda: asdict(charger.figures), token=token)
    try:
        server = await loop.create_server(lambda: Connection(front), address, port, backlog=1_024)
    except (OSError, OverflowError) as fault:
        raise PortTaken(port=port, detail=getattr(fault, "strerror", None) or str(fault)) from fault
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    place = server.sockets[0].getsockname()
    print(f"Online charging listens on http://{place[0]}:{place[1]}/ (Ctrl-C ends it)", flush=True)
    sweeper = loop.create_task(_sweep(charger, operators, clock))
    await ended.wait()
    server.close()
    sweeper.cancel()
    await charger.close()


async def _sweep(charger: OnlineCharger, operators: dict[str, int], clock: WallClock) -> None:
    """Every second: ends dead sessions, forgets old answers, learns of new operators."""
    while True:
        await asyncio.sleep(SWEEP_S)
        try:
            known = await asyncio.to_thread(list_tenants)
            operators.update({code: number for number, code, _ in known})
            for tenant_id in operators.values():
                await charger.expire_sessions(tenant_id=tenant_id, at=clock.now())
        except DatabaseAway:
            LOG.warning("the database does not answer; dead sessions wait")
        except Exception:
            LOG.exception("the sweep failed; it is tried again in a second")
