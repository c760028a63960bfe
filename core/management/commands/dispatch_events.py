from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from core.dispatch import run_once
from core.sweep import sweep_forever


class Command(BaseCommand):
    help = "Hand recorded events to their deferred consumers: one round, or for ever with --forever."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=int, default=10_000, help="handle at most so many (default 10000)")
        parser.add_argument("--forever", action="store_true", help="sweep until SIGTERM; needs no Redis")
        parser.add_argument("--interval", type=float, default=5.0, help="seconds between sweeps (default 5)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["forever"]:
            sweep_forever(options["interval"])
        else:
            self.stdout.write(f"dispatch_events: {run_once(limit=options['limit'])}")
