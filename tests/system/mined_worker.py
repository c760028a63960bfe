"""A real Celery worker on the test's database, killed with SIGKILL at a named point of its Nth delivery.

usage: python -m tests.system.mined_worker POINT N     POINT: one of POINTS, 'none', or 'poison:TICKET_ID'
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
POINTS = ("before_claim", "after_claim", "during_effect", "before_commit", "after_commit")


def start(point: str = "none", at: int = 2, **environment: str) -> "subprocess.Popen[bytes]":
    """Start one; ``environment`` adds to ours (SMTP_URL, REDIS_URL …)."""
    command = [sys.executable, "-m", "tests.system.mined_worker", point, str(at)]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database_url()} | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def database_url() -> str:
    """The test database, for another process."""
    given = connection.settings_dict
    credentials = quote(given["USER"], safe="") + (f":{quote(given['PASSWORD'], safe='')}" if given["PASSWORD"] else "")
    host, port = quote(str(given["HOST"]), safe=""), given["PORT"]
    if str(given["HOST"]).startswith("/"):
        return f"postgresql://{credentials}@/{given['NAME']}?host={host}&port={port}"
    return f"postgresql://{credentials}@{host}:{port}/{given['NAME']}"


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _mined(call: Callable[..., Any], at: int, *, before: bool, only: Callable[..., bool] = lambda *_: True) -> Any:
    left = [at]

    def wrapped(*args: Any) -> Any:
        hit = only(*args)
        left[0] -= hit
        if before and hit and left[0] <= 0:
            _die()
        result = call(*args)
        if hit and left[0] <= 0:
            _die()
        return result

    return wrapped


def lay_mine(point: str, at: int) -> None:
    """Replace one function of the dispatcher by itself with a kill before or after it."""
    from core import dispatch

    if point == "before_claim":
        dispatch.claim = _mined(dispatch.claim, at, before=True)
    elif point == "after_claim":
        dispatch.handle = _mined(dispatch.handle, at, before=True)
    elif point == "during_effect":
        dispatch.take_effect = _mined(dispatch.take_effect, at, before=False)
    elif point == "before_commit":
        dispatch.finish = _mined(dispatch.finish, at, before=False)
    elif point == "after_commit":
        dispatch.handle = _mined(dispatch.handle, at, before=False)
    elif point.startswith("poison:"):
        subject = int(point.partition(":")[2])
        poisonous = lambda delivery: delivery.subject_id == subject  # noqa: E731
        dispatch.take_effect = _mined(dispatch.take_effect, 1, before=True, only=poisonous)


def main(point: str, at: int) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    django.setup()
    from django.conf import settings

    from helpdesk.celery import app

    settings.DELIVERY_MAX_CRASHES = 2  # each costs the test a process
    lay_mine(point, at)
    app.worker_main(["worker", "--pool=solo", "--without-gossip", "--without-mingle", "--loglevel=ERROR"])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
