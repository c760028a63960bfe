"""What the tests of core share: an event kind, a table for effects, and workers in processes of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.db import connection

from core.event_log import EventKind
from core.models import Event

HAPPENED = EventKind("tests.happened", "thing", "Something happened", ("n",))
ROOT = Path(__file__).resolve().parents[2]


class Effects:
    """The table of effects: an id in order of writing, the event and its subject."""

    @staticmethod
    def create() -> None:
        Effects.drop()
        _sql("CREATE TABLE test_effect (id serial, event_id bigint, subject_id bigint)")

    @staticmethod
    def drop() -> None:
        _sql("DROP TABLE IF EXISTS test_effect")

    @staticmethod
    def add(event: Event) -> None:
        """The consumer: append a row."""
        _sql("INSERT INTO test_effect (event_id, subject_id) VALUES (%s, %s)", event.pk, event.subject_id)

    @staticmethod
    def all() -> list[tuple[int, int]]:
        """(event id, subject id) in the order of writing."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT event_id, subject_id FROM test_effect ORDER BY id")
            return cursor.fetchall()


def _sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def start_worker(point: str, at: int = 1, **settings: Any) -> "subprocess.Popen[bytes]":
    """Start tests.core.worker on the test's database; `settings` replace Django's."""
    database = {key: value for key, value in connection.settings_dict.items() if key != "TEST"}
    environment = os.environ | {"WORKER_DATABASE": json.dumps(database), "WORKER_SETTINGS": json.dumps(settings)}
    command = [sys.executable, "-m", "tests.core.worker", point, str(at)]
    return subprocess.Popen(command, cwd=ROOT, env=environment)
