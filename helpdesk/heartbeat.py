"""Signs of life of beat and worker, kept in Redis for a short while and read by /health/.

Beat sends the task every 10 s (settings) and leaves its sign when it does; the worker leaves its own when the task
has run in its pool. Both leave one when they start, so that nobody waits for the first round.
"""

import logging
import time
from typing import Any

import redis
from celery.signals import beat_init, before_task_publish, worker_ready
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

TASK = "helpdesk.heartbeat"
KEEP_SECONDS = 35
PARTS = ("worker", "beat")


def client(timeout: float = 0.5) -> redis.Redis:
    """A Redis client that gives up after `timeout` seconds, without trying again."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=timeout, socket_connect_timeout=timeout, retry=Retry(NoBackoff(), 0)
    )


def beat_once(part: str) -> None:
    """Leave the sign of life of a part. Never raises: without Redis there is nobody to tell."""
    try:
        with client() as connection:
            connection.set(_key(part), int(time.time()), ex=KEEP_SECONDS)
    except redis.RedisError as error:
        logger.warning("No sign of life of the %s could be left: %s", part, error)


def alive(connection: redis.Redis) -> dict[str, bool]:
    """Which parts have left a sign lately. Raises redis.RedisError."""
    found = connection.mget([_key(part) for part in PARTS])
    return {part: value is not None for part, value in zip(PARTS, found, strict=True)}  # type: ignore[arg-type]


def _key(part: str) -> str:
    return f"helpdesk:alive:{part}"


@worker_ready.connect
def _worker_is_ready(**_: Any) -> None:
    beat_once("worker")


@beat_init.connect
def _beat_is_ready(**_: Any) -> None:
    beat_once("beat")


@before_task_publish.connect
def _beat_sends(sender: str | None = None, **_: Any) -> None:
    if sender == TASK:  # nobody but beat sends this one
        beat_once("beat")


def main(part: str) -> int:
    """For a container's health check: 0 when the part has left a sign lately."""
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    try:
        with client(timeout=3) as connection:
            return 0 if alive(connection).get(part) else 1
    except redis.RedisError:
        return 1


if __name__ == "__main__":
    import sys

    sys.exit(main(sys.argv[1]))
