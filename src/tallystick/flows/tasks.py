"""Working off the tasks of a run side by side, each on a connection of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Final, TypeVar

from django.db import connection

from tallystick.base.progress import Progress

WORKERS: Final = 2

CHARGING: Final = "charging usage"
"""The work that one command at a time does for an operator (see `only_one`)."""

Result = TypeVar("Result")


def work_off(
    task_ids: Sequence[int],
    *,
    work: Callable[[int], Result],
    workers: int = WORKERS,
    what: str,
    progress: Progress,
) -> list[Result]:
    """The results of `work` on every task. The first failure stops the rest and is raised.

    While one task waits for the database another computes: the database and the column engine
    both work outside Python's lock.
    """

    def on_own_connection(task_id: int) -> Result:
        try:
            return work(task_id)
        finally:
            connection.close()

    with ThreadPoolExecutor(workers, thread_name_prefix=what) as pool:
        futures = [pool.submit(on_own_connection, task_id) for task_id in task_ids]
        results = []
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                results.append(future.result())
                progress(what, done=done, total=len(futures))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        return results
