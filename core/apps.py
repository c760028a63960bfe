from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = "Events and deliveries"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core import checks, events  # noqa: F401  registers the checks and core's own event kinds
