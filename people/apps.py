from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "people"

    def ready(self) -> None:
        from people import events  # noqa: F401  registers the event kinds
        from people.login import hooks  # noqa: F401  listens to allauth
