from django.apps import AppConfig


class HelpdeskConfig(AppConfig):
    """Settings, embedded services, supervisor."""

    name = "helpdesk"

    def ready(self) -> None:
        from helpdesk import checks  # noqa: F401
