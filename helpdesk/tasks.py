from celery import shared_task

from helpdesk import heartbeat as signs


@shared_task(name=signs.TASK, expires=30)
def heartbeat() -> None:
    """The worker's pool takes and runs tasks."""
    signs.beat_once("worker")
