"""How fast a history comes in: `manage.py import_tickets` on a made-up file with every column.

The floor of the same run: the same number of bare rows, written to a table of two columns in the same batches by the
same driver. What is above it is what a ticket is worth: people, messages, tags, events, search columns.
usage: python bench/import_tickets.py [TICKETS]   (2,000; three messages each)
"""

from __future__ import annotations

import atexit
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
ROUNDS = 3
BATCH = 500


def main(count: int) -> None:
    """Import ``count`` new tickets ROUNDS times and print medians."""
    from helpdesk.embedded import provide

    folder = Path(tempfile.mkdtemp(prefix="hd-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # before provide, so that it runs after its services end
    os.environ["HELPDESK_DATA"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "helpdesk.settings"
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    provide(os.environ)
    _manage("migrate", "-v0")
    _report(count, folder)


def _manage(*arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, check=True, stderr=subprocess.DEVNULL)


def _report(count: int, folder: Path) -> None:
    from tests.sample_files import write_csv

    imports, floors, agains = [], [], []
    for number in range(ROUNDS):
        file = write_csv(folder / f"round{number}.csv", count)
        imports.append(_timed("import_tickets", str(file), "--source", f"round{number}"))
        agains.append(_timed("import_tickets", str(file), "--source", f"round{number}"))
        floors.append(_floor(count))
    print(f"{count:,} tickets with three messages each, median of {ROUNDS} rounds, whole process")
    print(f"{'':28}{'seconds':>9}{'tickets/s':>11}{'× floor':>9}")
    floor = statistics.median(floors)
    for label, times in (("import", imports), ("again (nothing to do)", agains), ("floor: bare rows", floors)):
        seconds = statistics.median(times)
        print(f"{label:28}{seconds:9.2f}{count / seconds:11,.0f}{seconds / floor:9.1f}")


def _timed(*arguments: str) -> float:
    started = time.perf_counter()
    _manage(*arguments)
    return time.perf_counter() - started


def _floor(count: int) -> float:
    """A process of its own that inserts bare rows: what starting Django and talking to Postgres costs anyway."""
    started = time.perf_counter()
    subprocess.run([sys.executable, __file__, "--floor", str(count)], cwd=ROOT, check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def _bare_rows(count: int) -> None:
    import django

    django.setup()
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_floor (id bigserial PRIMARY KEY, body text)")
        for start in range(0, count, BATCH):
            size = min(BATCH, count - start)
            with transaction.atomic():
                values = ", ".join(["(%s)"] * size)
                cursor.execute(f"INSERT INTO bench_floor (body) VALUES {values}", ["three messages"] * size)  # noqa: S608


if __name__ == "__main__":
    if sys.argv[1:2] == ["--floor"]:
        _bare_rows(int(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
