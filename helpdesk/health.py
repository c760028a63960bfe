"""The two addresses that monitors ask. They tell which part fails, never how: that is in the log."""

import logging

import redis
from celery import current_app
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from helpdesk import heartbeat

logger = logging.getLogger(__name__)

OK = "ok"
DOWN = "no answer"
UNKNOWN = "unknown"


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """200 as soon as the process serves."""
    return JsonResponse({"status": OK})


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 when database, Redis, worker and beat answer; 503 with the part that does not."""
    parts = {"database": _database(), **_jobs()}
    well = all(state == OK for state in parts.values())
    response = JsonResponse({"status": OK if well else "error", **parts}, status=200 if well else 503)
    response._has_been_logged = True  # type: ignore[attr-defined]  # by the parts, more to the point than by Django
    return response


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        logger.exception("The database does not answer")
        return DOWN
    return OK


def _jobs() -> dict[str, str]:
    try:
        with heartbeat.client() as broker:
            broker.ping()
            alive = heartbeat.alive(broker)
    except redis.RedisError as error:
        logger.warning("Redis does not answer: %s", error)
        return {"redis": DOWN, "worker": UNKNOWN, "beat": UNKNOWN}
    worker = alive["worker"] or _worker_answers()
    return {"redis": OK, "worker": OK if worker else DOWN, "beat": OK if alive["beat"] else DOWN}


def _worker_answers() -> bool:
    """Ask the workers themselves: without beat, or after Redis was emptied, there is no sign to find."""
    try:
        return bool(current_app.control.ping(timeout=0.7, limit=1))
    except Exception as error:  # kombu's transports raise what they like
        logger.warning("No worker could be asked: %s", error)
        return False
