import time
from typing import Any

from django.core.management.base import BaseCommand

from helpdesk.demo import loading
from helpdesk.demo.logins import LOGINS


class Command(BaseCommand):
    help = "Play a few weeks of a made-up organisation's tickets. Run again it does nothing. Nobody is mailed."

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        outcome = loading.load()
        if outcome is None:
            self.stdout.write("The demo is there already.")
            return
        loading.leave_logins(outcome.password)
        seconds = f"{time.monotonic() - started:.1f} s"
        self.stdout.write(f"{outcome.tickets:,} tickets of {outcome.customers} customers in {seconds}. Log in as:")
        for role, email, _ in LOGINS:
            self.stdout.write(f"  {role:<9} {email}  {outcome.password}")
