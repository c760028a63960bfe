"""Celery entry points."""

from celery import shared_task

from core.bell import TASK, ring
from core.dispatch import run_once

ROUND_LIMIT = 200
ROUND_SECONDS = 20.0


@shared_task(name=TASK, ignore_result=True)
def dispatch_events() -> str:
    """Handle what is due; ring again if there is more, so that other tasks get their turn in between."""
    summary = run_once(limit=ROUND_LIMIT, deadline=ROUND_SECONDS)
    if summary.more:
        ring()
    return str(summary)
