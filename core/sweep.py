"""The sweep: handles what is due every few seconds, without Redis. The supervisor keeps one running."""

import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

from django.db import Error, close_old_connections, connection

from core import registries
from core.dispatch import Summary, run_once

logger = logging.getLogger(__name__)

T = TypeVar("T")

ROUND_LIMIT = 500


def sweep_forever(interval: float = 5.0) -> None:
    """Run rounds until SIGTERM or SIGINT, `interval` seconds apart, at once while there is more to do.

    Outlives restarts of the database: logs, and tries again in the next round. A delivery in hand is finished first.
    """
    stopping = threading.Event()

    def stop(signum: int, frame: FrameType | None) -> None:
        stopping.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        while not stopping.is_set():
            summary = _round(stopping)
            if summary is None or not summary.more:
                stopping.wait(interval)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        connection.close()


def _round(stopping: threading.Event) -> Summary | None:
    """Dispatch what is due, then call every registered sweep; one that fails does not keep the others from running."""
    close_old_connections()
    summary = _guarded("core.dispatch", lambda: run_once(limit=ROUND_LIMIT, stop=stopping.is_set))
    for name, sweep in registries.sweeps.items():
        if not stopping.is_set():
            _guarded(name, sweep)
    return summary


def _guarded(name: str, call: Callable[[], T]) -> T | None:
    try:
        return call()
    except Error as error:
        logger.warning("The sweep %s could not reach the database: %s", name, error)
    except Exception:
        logger.exception("The sweep %s failed", name)
    connection.close()
    return None
