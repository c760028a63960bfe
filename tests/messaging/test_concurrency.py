"""C4–C6: two senders, a sender that is killed, a sender that comes too late."""

import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from core.models import Event
from messaging import leases
from messaging.drivers.smtp import SmtpSender
from messaging.models import OutgoingMail
from messaging.sending import Outcome, run_once, send
from messaging.server import configured_server
from messaging.tasks import send_outbox
from tests.messaging.postbox import Postbox, make_due

pytestmark = pytest.mark.django_db(transaction=True)
Queue = Callable[..., OutgoingMail]

# Sends in a process of its own, which kills itself at the named point.
SENDER = """
import json, os, signal, sys
point, database, smtp_url = json.loads(sys.argv[1])
from django.conf import settings
settings.DATABASES["default"] |= database
settings.SMTP_URL = smtp_url
import django
django.setup()
from messaging import leases, sending
from messaging.drivers.smtp import SmtpSender

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

real_submit = SmtpSender.submit
if point == "after the claim":
    SmtpSender.prepare = die
elif point == "before the hand-over":
    leases.hand_over = die
elif point == "in the middle of the text":
    def submit(self, raw):
        self._smtp.docmd("DATA")
        self._smtp.send(raw[:50])
        die()
    SmtpSender.submit = submit
elif point == "after the text":
    def submit(self, raw):
        real_submit(self, raw)
        die()
    SmtpSender.submit = submit
sending.run_once()
"""


def run_sender(point: str, url: str) -> int:
    keys = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
    database = {key: connection.settings_dict[key] for key in keys}
    order = json.dumps([point, database, url])
    return subprocess.run([sys.executable, "-c", SENDER, order], timeout=60, check=False).returncode  # noqa: S603


@pytest.mark.parametrize("automatic", [True, False], ids=["automatic", "reply"])
@pytest.mark.parametrize(
    ("point", "arrives"),
    [
        ("after the claim", {True: 1, False: 1}),
        ("before the hand-over", {True: 1, False: 1}),
        ("in the middle of the text", {True: 0, False: 1}),
        ("after the text", {True: 1, False: 2}),
    ],
)
def test_c4_a_sender_is_killed(
    queue: Queue,
    postbox: Postbox,
    settings: Any,
    point: str,
    arrives: dict[bool, int],
    automatic: bool,
) -> None:
    mail, other = queue(automatic=automatic), queue(to="bob@customer.test")
    assert run_sender(point, settings.SMTP_URL) == -9
    make_due()
    run_once()
    make_due()
    run_once()
    mail.refresh_from_db()
    other.refresh_from_db()
    count = Counter(got["Message-ID"] for got in postbox.mails)
    assert count[mail.message_id] == arrives[automatic]
    assert count[other.message_id] == 1
    assert other.status == "sent"
    doubt = point in ("in the middle of the text", "after the text")
    assert mail.status == ("unsure" if doubt and automatic else "sent")
    assert Event.objects.about("mail", mail.pk).filter(kind="mail.unsure").exists() is doubt


def test_two_senders_send_each_mail_once(queue: Queue, postbox: Postbox) -> None:
    mails = [queue() for _ in range(30)]
    gate = threading.Barrier(3)
    sent: list[int] = []

    def work() -> None:
        gate.wait()
        sent.append(run_once().sent)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(sent) == 30
    assert Counter(got["Message-ID"] for got in postbox.mails) == {mail.message_id: 1 for mail in mails}
    assert set(OutgoingMail.objects.values_list("status", "attempts")) == {("sent", 1)}


def test_c6_the_task_runs_twice(queue: Queue, postbox: Postbox) -> None:
    queue()
    send_outbox()
    send_outbox()
    assert len(postbox.taken) == 1


def test_a_sender_whose_lease_ran_out_does_not_send(queue: Queue, postbox: Postbox) -> None:
    queue()
    late = leases.claim()
    assert late is not None
    make_due()  # it dozes before the hand-over; somebody else takes over
    assert leases.take_back_lost() == (1, 0)
    make_due()
    assert run_once().sent == 1
    server = configured_server()
    assert server is not None
    sender = SmtpSender(server)
    assert send(late, sender) is Outcome.LOST
    sender.close()
    assert len(postbox.taken) == 1


def test_a_sender_that_was_only_slow_ends_the_doubt(queue: Queue) -> None:
    mail = queue(automatic=True)
    OutgoingMail.objects.update(status="queued", held_because="")
    slow = leases.claim()
    assert slow is not None
    assert leases.hand_over(slow)
    make_due()
    assert leases.take_back_lost() == (0, 1)
    mail.refresh_from_db()
    assert mail.status == "unsure"
    assert leases.mark_sent(slow)
    mail.refresh_from_db()
    assert mail.status == "sent"


def test_c5_without_a_broker_the_sweep_sends(queue: Queue, postbox: Postbox, monkeypatch: pytest.MonkeyPatch) -> None:
    from core import bell, registries
    from core.sweep import _round
    from core.testing import registered

    def broken() -> None:
        raise RuntimeError("not today")

    monkeypatch.setattr(bell, "ring", lambda task=bell.TASK: False)
    queue()
    with registered(registries.sweeps, "another sweep that fails", broken):
        _round(threading.Event())
    assert len(postbox.taken) == 1
