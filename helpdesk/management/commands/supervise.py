import os
import sys
from typing import Any

from django.core.management.base import BaseCommand

from helpdesk import supervisor


class Command(BaseCommand):
    help = (
        "Run everything: the embedded services (unless DATABASE_URL / REDIS_URL are set), migrations, web, worker, "
        "beat and sweep, until SIGTERM or Ctrl-C. Settings: PORT, BIND, HELPDESK_DATA, HELPDESK_DEMO, WEB_CONCURRENCY, "
        "WEB_THREADS, WORKER_CONCURRENCY."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(supervisor.run(os.environ))
