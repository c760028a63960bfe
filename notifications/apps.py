from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = "Notices"

    def ready(self) -> None:
        from notifications import consumers, kinds  # noqa: F401  registers the consumers and the kinds of notices
