from typing import Any

from django.core.management.base import BaseCommand

from helpdesk import preparation


class Command(BaseCommand):
    help = "Before serving: system checks, migrations, static files when they changed, and the demo on the first run."

    def handle(self, *args: Any, **options: Any) -> None:
        for line in preparation.prepare():
            self.stdout.write(line)
            self.stdout.flush()
