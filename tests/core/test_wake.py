"""The bell: once per transaction, and never in anybody's way."""

import socket
import time
from collections.abc import Iterator

import pytest
from celery import current_app
from django.db import transaction

from core import bell, dispatch
from core.event_log import EventKind, record
from core.models import Delivery
from core.testing import consuming
from tests.core.world import Effects

DISPATCH = ["core.dispatch_events"]


@pytest.fixture
def hung_broker() -> Iterator[str]:
    """The address of a server that takes connections and never answers, as a stopped Redis does."""
    with socket.create_server(("127.0.0.1", 0), backlog=20) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


@pytest.fixture
def dead_broker() -> str:
    """An address at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"redis://127.0.0.1:{port}/0"


@pytest.fixture(autouse=True)
def own_connections() -> Iterator[None]:
    bell._pool.cache_clear()
    yield
    bell._pool.cache_clear()


def point_at(broker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Celery write to this broker."""
    real = current_app.connection_for_write
    monkeypatch.setattr(
        current_app._get_current_object(), "connection_for_write", lambda url=None, **options: real(broker, **options)
    )


def test_it_rings_once_per_transaction_and_after_the_commit(
    effects: type[Effects], happened: EventKind, rings: list[str]
) -> None:
    with consuming(Effects.add, kinds=[happened]):
        with transaction.atomic():
            record(happened, 1)
            with transaction.atomic():
                record(happened, 2)
            assert rings == []
        assert rings == DISPATCH
        with transaction.atomic():
            record(happened, 3)
        assert rings == DISPATCH * 2


def test_nobody_to_wake_for_without_deliveries(effects: type[Effects], happened: EventKind, rings: list[str]) -> None:
    with transaction.atomic():
        record(happened, 1)
    assert rings == []


def test_a_savepoint_that_is_undone_does_not_silence_it(transactional_db: None, rings: list[str]) -> None:
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            dispatch.wake()
            raise ZeroDivisionError
        dispatch.wake()
    assert rings == DISPATCH


def test_other_tasks_have_a_ring_of_their_own(transactional_db: None, rings: list[str]) -> None:
    with transaction.atomic():
        dispatch.wake()
        dispatch.wake("messaging.send_outbox")
        dispatch.wake("messaging.send_outbox")
    assert rings == ["core.dispatch_events", "messaging.send_outbox"]


@pytest.mark.usefixtures("real_bell")
@pytest.mark.parametrize("broker", ["hung_broker", "dead_broker"])
def test_a_broken_broker_costs_little_and_only_once(
    broker: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    effects: type[Effects],
    happened: EventKind,
) -> None:
    point_at(request.getfixturevalue(broker), monkeypatch)
    with consuming(Effects.add, kinds=[happened]):
        assert commit_took(happened) < 1.5
        assert commit_took(happened) < 0.2, "it is not tried again at once"
        assert Delivery.objects.count() == 2
        assert dispatch.run_once().done == 2, "the sweep needs no broker"


def commit_took(kind: EventKind) -> float:
    """Seconds that recording and committing one event took."""
    started = time.monotonic()
    with transaction.atomic():
        record(kind, 1)
    return time.monotonic() - started


@pytest.mark.usefixtures("real_bell")
def test_it_really_reaches_redis(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import redis

    point_at(redis_url, monkeypatch)
    with redis.Redis.from_url(redis_url) as server:
        queue = current_app.conf.task_default_queue
        before = server.llen(queue)
        assert bell.ring()
        assert server.llen(queue) == before + 1
        server.ltrim(queue, 1, -1)
