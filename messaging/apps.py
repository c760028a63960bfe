from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"
    verbose_name = "Mail"

    def ready(self) -> None:
        from core import registries
        from messaging import checks, events, sending  # noqa: F401  registers the checks and the event kinds

        registries.sweeps.register("messaging.outbox", sending.run_once)
