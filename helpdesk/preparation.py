"""What has to be done once before serving; cheap when there is nothing to do."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from helpdesk import env

MIGRATION_LOCK = 7_041_812_618
"""Key of the advisory lock: of several machines that start at once, one migrates."""


def prepare() -> Iterator[str]:
    """Do what is needed; yields a line for each thing done."""
    yield from migrate()
    yield from collect_static()
    yield from first_run_demo()


def migrate() -> Iterator[str]:
    """Apply missing migrations, one process at a time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            executor = MigrationExecutor(connection)
            plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
            if plan:
                yield f"applying {len(plan)} migrations"
                call_command("migrate", interactive=False, verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


def collect_static() -> Iterator[str]:
    """Collect, hash and compress the static files if any of them changed since the last time."""
    mark = Path(settings.STATIC_ROOT) / ".fingerprint"
    found = static_fingerprint()
    if mark.exists() and mark.read_text() == found:
        return
    yield "collecting static files"
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    mark.write_text(found)


def static_fingerprint() -> str:
    """A hash over path and content of every static file: times don't survive an image or a copy."""
    seen = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for path, storage in finder.list(None):
            seen.update(path.encode() + b"\0" + hashlib.sha256(Path(storage.path(path)).read_bytes()).digest())
    return seen.hexdigest()


def first_run_demo() -> Iterator[str]:
    """Play the demo into an empty database, unless HELPDESK_DEMO=0."""
    if not env.flag("HELPDESK_DEMO", default=True) or "load_demo" not in get_commands():
        return
    if apps.is_installed("tickets") and apps.get_model("tickets", "Ticket").objects.exists():
        return
    yield "playing the demo (HELPDESK_DEMO=0 leaves it out)"
    call_command("load_demo")
