from typing import Any

from django.core.management.base import BaseCommand

from messaging.sending import run_once


class Command(BaseCommand):
    help = "Send the mails that are due, one round, and print what was done."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(str(run_once()))
