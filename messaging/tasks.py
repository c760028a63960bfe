"""Celery entry points."""

from celery import shared_task

from core.bell import ring
from messaging.actions import SEND_TASK
from messaging.sending import run_once


@shared_task(name=SEND_TASK, ignore_result=True)
def send_outbox() -> str:
    """Send what is due; ring again if there is more, so that other tasks get their turn in between."""
    summary = run_once()
    if summary.more:
        ring(SEND_TASK)
    return str(summary)
