"""Redis rings the bell: after a commit the dispatcher is woken through Celery, once per transaction.

The bell may be broken at any time. A ring never raises and never holds its caller longer than the short socket
time-outs of settings.CELERY_BROKER_TRANSPORT_OPTIONS; after a failure it is not tried again for a while, so that a
Redis that hangs costs each process one time-out per `REST_SECONDS`. The sweep finds what was not rung for.
"""

import logging
import time
from collections.abc import Callable
from functools import cache

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)

TASK = "core.dispatch_events"
REST_SECONDS = 30.0
# A ring that nobody has heard by then is worthless: the sweep has passed.
EXPIRES_SECONDS = 30

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
        current_app.send_task(task, retry=False, ignore_result=True, expires=EXPIRES_SECONDS)
    except Exception as error:
        _resting_until = time.monotonic() + REST_SECONDS
        logger.warning("The workers could not be woken (%s); the sweep will do. Next try in %d s.", error, REST_SECONDS)
        return False
    return True


@cache
def _ringer(task: str) -> Callable[[], object]:
    """The one function that rings for a task: by it `wake` recognises what is already waiting for the commit."""

    def ring_for_task() -> None:
        ring(task)

    return ring_for_task
