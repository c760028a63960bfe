from django.apps import AppConfig


class HelpdeskConfig(AppConfig):
    """Settings, embedded services, supervisor."""

    name = "helpdesk"

    def ready(self) -> None:
        from helpdesk import celery, checks, heartbeat  # noqa: F401  the job queue, system checks, signs of life
