"""A dispatcher in a process of its own that is killed at a named point. Run by `start`, never imported by production.

usage: python -m tests.core.worker POINT N   with the database as JSON in WORKER_DATABASE
POINT before_claim | after_claim | during_effect | before_commit | after_commit : killed there, at the Nth delivery
      poison : killed by each event whose payload says n = -1
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection

from core.event_log import EventKind
from core.models import Event

POINTS = ("before_claim", "after_claim", "during_effect", "before_commit", "after_commit")
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


def start(point: str, at: int = 1, **settings: Any) -> "subprocess.Popen[bytes]":
    """Start a worker on the test's database; `settings` replace Django's."""
    database = {key: value for key, value in connection.settings_dict.items() if key != "TEST"}
    environment = os.environ | {"WORKER_DATABASE": json.dumps(database), "WORKER_SETTINGS": json.dumps(settings)}
    command = [sys.executable, "-m", "tests.core.worker", point, str(at)]
    return subprocess.Popen(command, cwd=ROOT, env=environment)


def die() -> None:
    """What the out-of-memory killer does."""
    os.kill(os.getpid(), signal.SIGKILL)


class Countdown:
    """Counts calls; the Nth is fatal."""

    def __init__(self, at: int) -> None:
        self.left = at

    def tick(self) -> None:
        self.left -= 1
        if self.left == 0:
            die()


def before(call: Callable[..., Any], fatal: Callable[[], None]) -> Callable[..., Any]:
    """The function with the fatal call before it."""

    def wrapped(*args: Any) -> Any:
        fatal()
        return call(*args)

    return wrapped


def after(call: Callable[..., Any], fatal: Callable[[], None]) -> Callable[..., Any]:
    """The function with the fatal call after it."""

    def wrapped(*args: Any) -> Any:
        result = call(*args)
        fatal()
        return result

    return wrapped


def arm(point: str, at: int) -> Callable[[Event], None]:
    """Lay the mine at a point and return the consumer to use."""
    from core import dispatch

    tick = Countdown(at).tick
    if point == "before_claim":
        dispatch.claim = before(dispatch.claim, tick)
    elif point == "after_claim":
        dispatch.handle = before(dispatch.handle, tick)
    elif point == "during_effect":
        return after(Effects.add, tick)
    elif point == "before_commit":
        dispatch.finish = after(dispatch.finish, tick)
    elif point == "after_commit":
        dispatch.handle = after(dispatch.handle, tick)
    elif point == "poison":
        return poisonous
    return Effects.add


def poisonous(event: Event) -> None:
    """A consumer that dies of one kind of payload, after having written."""
    Effects.add(event)
    if event.payload.get("n") == -1:
        die()


def main() -> None:
    import django
    from django.conf import settings

    for name, value in json.loads(os.environ["WORKER_SETTINGS"]).items():
        setattr(settings, name, value)
    settings.DATABASES = {"default": json.loads(os.environ["WORKER_DATABASE"])}
    django.setup()
    from core import dispatch
    from core.consumers import consumer
    from core.registries import event_kinds

    event_kinds.register(HAPPENED.name, HAPPENED)
    consumer("tests.effect", kinds=[HAPPENED])(arm(sys.argv[1], int(sys.argv[2])))
    dispatch.run_once()


if __name__ == "__main__":
    main()
