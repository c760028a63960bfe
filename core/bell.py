"""Redis rings the bell: after a commit the dispatcher is woken through Celery, once per transaction.

The bell may be broken at any time. A ring never raises and never holds its caller longer than the short socket
time-outs of settings.CELERY_BROKER_TRANSPORT_OPTIONS; after a failure it is not tried again for a while, so that a
Redis that hangs costs each process one time-out per `REST_SECONDS`. The sweep finds what was not rung for.
"""

import logging
import time

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)

TASK = "core.dispatch_events"
REST_SECONDS = 30.0
# A ring that nobody has heard by then is worthless: the sweep has passed.
EXPIRES_SECONDS = 30

_resting_until = 0.0


def wake() -> None:
    """Ring once the current transaction has committed; several calls in one transaction ring once."""
    connection = transaction.get_connection()
    alive = set(connection.savepoint_ids)
    # A call made in a savepoint that is over or still open outside of us counts; one that may yet be undone does not.
    if any(func is ring and sids <= alive for sids, func, _ in connection.run_on_commit):
        return
    transaction.on_commit(ring, robust=True)


def ring() -> bool:
    """Tell the workers now. Returns whether it was sent; never raises."""
    global _resting_until
    if time.monotonic() < _resting_until:
        return False
    try:
        current_app.send_task(TASK, retry=False, ignore_result=True, expires=EXPIRES_SECONDS)
    except Exception as error:
        _resting_until = time.monotonic() + REST_SECONDS
        logger.warning("The dispatcher could not be woken (%s); the sweep will do. Next try in %d s.", error, REST_SECONDS)
        return False
    return True
