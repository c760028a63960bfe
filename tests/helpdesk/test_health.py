"""What monitors are told."""

from typing import Any

import pytest
import redis
from django.test import Client
from django.urls import reverse

from helpdesk import health, heartbeat


@pytest.fixture
def broker(redis_url: str) -> Any:
    with redis.Redis.from_url(redis_url) as connection:
        connection.flushall()
        yield connection
        connection.flushall()


def test_alive_needs_nothing_but_the_process(client: Client) -> None:
    answer = client.get(reverse("health-live"))
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_all_is_well_when_every_part_has_left_a_sign(client: Client, broker: Any) -> None:
    heartbeat.beat_once("worker")
    heartbeat.beat_once("beat")
    answer = client.get(reverse("health"))
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "redis": "ok", "worker": "ok", "beat": "ok"}


@pytest.mark.django_db
def test_the_part_that_is_silent_is_named(client: Client, broker: Any) -> None:
    heartbeat.beat_once("worker")
    answer = client.get(reverse("health"))
    assert answer.status_code == 503
    assert answer.json() == {"status": "error", "database": "ok", "redis": "ok", "worker": "ok", "beat": "no answer"}


@pytest.mark.django_db
def test_without_redis_nothing_is_known_of_the_others(client: Client, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get(reverse("health"))
    assert answer.status_code == 503
    assert answer.json()["redis"] == health.DOWN
    assert answer.json()["worker"] == answer.json()["beat"] == health.UNKNOWN


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_it_is_only_for_reading(client: Client, method: str) -> None:
    assert getattr(client, method)(reverse("health")).status_code == 405


def test_the_heartbeat_task_leaves_the_workers_sign(broker: Any) -> None:
    from helpdesk.tasks import heartbeat as task

    task()
    assert heartbeat.alive(broker) == {"worker": True, "beat": False}
