"""A connection for online charging: the application's own role, sets of rows and no ORM."""

from typing import Any, Final

from django.db import connections
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo

PLANNER: Final = (
    "-c enable_hashjoin=off -c enable_mergejoin=off -c enable_seqscan=off"
    " -c plan_cache_mode=force_generic_plan -c timezone=UTC"
)
"""A batch always looks up a few rows by key; a plan made once must not think otherwise."""


async def connect() -> AsyncConnection[Any]:
    """A connection to the database that the settings name."""
    settings = connections["default"].settings_dict
    given = dict(settings["OPTIONS"])
    options = f"{given.pop('options', '')} {PLANNER}".strip()
    known: dict[str, Any] = {k: v for k, v in given.items() if isinstance(v, str | int)}
    conninfo = make_conninfo(
        host=settings["HOST"], port=settings["PORT"] or None, user=settings["USER"],
        password=settings["PASSWORD"] or None, dbname=settings["NAME"], options=options, **known,
    )  # fmt: skip
    return await AsyncConnection.connect(conninfo, autocommit=True)
