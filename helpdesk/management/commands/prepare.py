from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from helpdesk import preparation


class Command(BaseCommand):
    help = "Before serving: system checks, migrations, static files when they changed, and the demo on the first run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--static-only", action="store_true", help="only the static files; needs no database")

    def handle(self, *args: Any, **options: Any) -> None:
        for line in preparation.collect_static() if options["static_only"] else preparation.prepare():
            self.stdout.write(line)
            self.stdout.flush()
