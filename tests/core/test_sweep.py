"""The sweep: needs no Redis, outlives the database, stops when told."""

import os
import signal
import threading
import time

import pytest
from django.db import OperationalError, connection, transaction

from core import registries, sweep
from core.event_log import EventKind, record
from core.models import Delivery
from core.testing import consuming, registered
from tests.core.world import Effects


def terminate_when(done: "threading.Event") -> None:
    """Send this process SIGTERM as soon as the event is set."""

    def wait() -> None:
        done.wait(20)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait).start()


def test_it_works_until_it_is_told_to_stop(effects: type[Effects], happened: EventKind) -> None:
    done = threading.Event()

    def effect(event: object) -> None:
        Effects.add(event)  # type: ignore[arg-type]
        done.set()

    before = signal.getsignal(signal.SIGTERM)
    with consuming(effect, kinds=[happened]):
        with transaction.atomic():
            record(happened, 1)
        terminate_when(done)
        started = time.monotonic()
        sweep.sweep_forever(interval=30)
    assert time.monotonic() - started < 20
    assert not Delivery.objects.exists()
    assert signal.getsignal(signal.SIGTERM) is before


def test_it_outlives_a_lost_database(effects: type[Effects], happened: EventKind) -> None:
    done = threading.Event()
    rounds: list[int] = []

    def cut_then_work() -> None:
        rounds.append(1)
        if len(rounds) == 1:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        elif len(rounds) == 2:
            raise OperationalError("the database is starting up")
        else:
            done.set()

    with registered(registries.sweeps, "tests.cut", cut_then_work):
        terminate_when(done)
        sweep.sweep_forever(interval=0.01)
    assert len(rounds) >= 3
    assert effects.all() == []


def test_one_that_fails_does_not_stop_the_others(transactional_db: None, caplog: pytest.LogCaptureFixture) -> None:
    done = threading.Event()

    def fails() -> None:
        raise ValueError("no")

    with registered(registries.sweeps, "tests.fails", fails), registered(registries.sweeps, "tests.works", done.set):
        terminate_when(done)
        sweep.sweep_forever(interval=0.01)
    assert done.is_set()
    assert "tests.fails" in caplog.text
