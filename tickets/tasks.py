"""Celery entry points."""

from celery import shared_task

from tickets.actions import forget_uploads


@shared_task(name="tickets.forget_uploads", ignore_result=True)
def forget_unsent_uploads() -> str:
    """Drop files that were uploaded and never sent."""
    return f"{forget_uploads(actor=None)} forgotten"
