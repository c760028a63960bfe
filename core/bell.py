"""Redis rings the bell: after a commit the workers are woken through Celery, once per transaction.

The bell may be broken at any time. A ring never raises and holds its caller for little more than `TIMEOUT_SECONDS`:
it has connections of its own, as those that a worker listens on need longer time-outs. After a failure it is not tried
again for a while, so that a Redis that hangs costs each process one time-out per `REST_SECONDS`. The sweep finds what
was not rung for.
"""

import logging
import os
import time
from collections.abc import Callable
from functools import cache

from celery import current_app
from django.db import transaction
from kombu.connection import ConnectionPool

logger = logging.getLogger(__name__)

TASK = "core.dispatch_events"
TIMEOUT_SECONDS = 0.3
REST_SECONDS = 30.0
# A ring that nobody has heard by then is worthless: the sweep has passed.
EXPIRES_SECONDS = 30
CONNECTIONS = 8

_resting_until = 0.0


def wake(task: str = TASK) -> None:
    """Ring for a task once the current transaction has committed; several calls in one transaction ring once."""
    ringer = _ringer(task)
    # Django drops the call of a savepoint that is undone. So one that is still there was made in a savepoint that has
    # been released, or in one that is open around us: it stands as long as we do.
    if any(func is ringer for _, func, _ in transaction.get_connection().run_on_commit):
        return
    transaction.on_commit(ringer, robust=True)


def ring(task: str = TASK) -> bool:
    """Tell the workers now. Returns whether it was sent; never raises."""
    global _resting_until
    if time.monotonic() < _resting_until:
        return False
    try:
        _send(task)
    except Exception as error:
        _resting_until = time.monotonic() + REST_SECONDS
        logger.warning("The workers could not be woken (%s); the sweep will do. Next try in %d s.", error, REST_SECONDS)
        return False
    return True


def _send(task: str) -> None:
    # Blocking for a connection is bounded too: threads may all be waiting for the same hung Redis.
    with _pool(os.getpid()).acquire(block=True, timeout=TIMEOUT_SECONDS) as connection:
        current_app.send_task(task, connection=connection, retry=False, ignore_result=True, expires=EXPIRES_SECONDS)


@cache
def _pool(pid: int) -> ConnectionPool:
    """The connections of this process; a child after a fork makes its own."""
    return current_app.connection_for_write(
        transport_options={
            "socket_timeout": TIMEOUT_SECONDS,
            "socket_connect_timeout": TIMEOUT_SECONDS,
            "retry_on_timeout": False,
            "max_retries": 1,
            "interval_start": 0,
            "interval_step": 0,
            "interval_max": 0,
        }
    ).Pool(CONNECTIONS)


@cache
def _ringer(task: str) -> Callable[[], object]:
    """The one function that rings for a task: by it `wake` recognises what is already waiting for the commit."""

    def ring_for_task() -> None:
        ring(task)

    return ring_for_task
