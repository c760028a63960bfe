"""What gets into the outbox, and what is kept out of it."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from core.errors import Conflict, Invalid, NotAllowed, TooLarge
from core.models import Event
from messaging import actions
from messaging.models import OutgoingMail
from people.models import Role, User

pytestmark = pytest.mark.django_db
Queue = Callable[..., OutgoingMail]


@pytest.fixture(autouse=True)
def a_server(settings: Any) -> None:
    settings.SMTP_URL = "smtp://127.0.0.1:1"


def kinds(mail: OutgoingMail) -> list[str]:
    return list(Event.objects.about("mail", mail.pk).values_list("kind", flat=True))


def test_a_mail_waits_in_the_outbox(queue: Queue, settings: Any) -> None:
    settings.SITE_URL = "https://help.example.test"
    settings.DEFAULT_FROM_EMAIL = "Acme Help <support@help.example.test>"
    mail = queue(
        to="Ada@Customer.test",
        to_name="Ada",
        cc=["bob@customer.test", "BOB@customer.test", "ada@customer.test"],
    )
    mail.refresh_from_db()
    assert (mail.status, mail.to_address, mail.cc) == (
        "queued",
        "ada@customer.test",
        ["bob@customer.test"],
    )
    assert (mail.from_name, mail.from_address) == (
        "Acme Help",
        "support@help.example.test",
    )
    assert mail.message_id.endswith("@help.example.test>")
    assert kinds(mail) == ["mail.queued"]


def test_events_tell_what_the_mail_is_about_and_never_its_text(queue: Queue) -> None:
    mail = queue(
        subject_kind="ticket",
        subject_id=7,
        text="marker-of-the-text",
        subject="marker-of-the-subject",
    )
    payload = Event.objects.about("mail", mail.pk).get().payload
    assert payload == {
        "mail_kind": "reply",
        "automatic": False,
        "about_kind": "ticket",
        "about_id": 7,
    }


def test_the_bell_rings_once_after_the_commit(
    queue: Queue, rings: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        queue()
        queue()
        assert rings == []
    assert rings.count("messaging.send_outbox") == 1


def test_a_dedupe_key_queues_once(queue: Queue) -> None:
    first = queue(dedupe_key="reply:1")
    assert queue(dedupe_key="reply:1", subject="Another").pk == first.pk
    assert OutgoingMail.objects.count() == 1
    assert kinds(first) == ["mail.queued"]
    assert queue().pk != queue().pk  # without a key nothing is the same


@pytest.mark.django_db(transaction=True)
def test_a_dedupe_key_queues_once_among_threads(queue: Queue) -> None:
    found: list[int] = []
    gate = threading.Barrier(4)

    def work() -> None:
        gate.wait()
        found.append(queue(dedupe_key="reply:2").pk)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(found) == 4
    assert len(set(found)) == 1
    assert OutgoingMail.objects.count() == 1


BREAKS = [
    "\r\nBcc: eve@evil.test",
    "\nBcc: eve@evil.test",
    "\rBcc: eve@evil.test",
    "\x85Bcc: e",
    "\u2028Bcc: e",
    "\0",
]


@pytest.mark.parametrize("evil", BREAKS)
@pytest.mark.parametrize("field", ["subject", "to_name", "from_name"])
def test_x8_a_line_end_in_a_name_or_subject_becomes_a_blank(queue: Queue, field: str, evil: str) -> None:
    value = getattr(queue(**{field: f"Ada{evil}"}), field)
    assert len(value.splitlines()) == 1
    assert value.startswith("Ada")


NO_ADDRESS = [
    "ada",
    "a@x.test, b@x.test",
    "a@x.test;b@x.test",
    "Ada <a@x.test>",
    ["a@x.test"],
    ("a@x.test", "b@x.test"),
    7,
    "a@x.test\r\nBcc: eve@evil.test",
    "a@x.test\n",
    '"a\n"@x.test',
    "a b@x.test",
    "a@x.test\0",
    "a" * 300 + "@x.test",
]
CASES = [(field, address) for field in ("to", "reply_to", "cc", "from_address") for address in NO_ADDRESS]


@pytest.mark.parametrize(("field", "address"), [*CASES, ("to", ""), ("to", None), ("cc", "")])
def test_x8_a_recipient_is_one_address(queue: Queue, field: str, address: object) -> None:
    with pytest.raises(Invalid):
        queue(**{field: [address] if field == "cc" else address})
    assert not OutgoingMail.objects.exists()


def test_x8_headers_are_ours_but_for_a_few(queue: Queue) -> None:
    mail = queue(
        headers={
            "List-Id": "<news.acme.test>\r\nBcc: eve@evil.test",
            "X-Helpdesk-Ticket": "HD-1",
        }
    )
    assert mail.headers == {
        "List-Id": "<news.acme.test> Bcc: eve@evil.test",
        "X-Helpdesk-Ticket": "HD-1",
    }
    for name in (
        "Bcc",
        "To",
        "From",
        "Message-ID",
        "X-Helpdesk-A\r\nBcc",
        "X-Helpdesk-A: b",
        "Auto-Submitted",
    ):
        with pytest.raises(Invalid):
            queue(headers={name: "x"})


def test_x8_what_is_no_message_id_is_dropped(queue: Queue) -> None:
    mail = queue(
        in_reply_to="<a@b>\r\nBcc: x",
        references=["<1@a>", "no id", "<2@a>\r\nX: y", "<1@a>", "<é@a>"],
    )
    assert (mail.in_reply_to, mail.references) == ("", ["<1@a>"])


def test_cc_is_a_list_and_not_a_text(queue: Queue) -> None:
    with pytest.raises(Invalid):
        queue(cc="a@x.test")


def test_bodies_are_texts_and_not_endless(queue: Queue) -> None:
    with pytest.raises(TooLarge):
        queue(text="x" * (actions.MAX_BODY_CHARS + 1))
    with pytest.raises(Invalid):
        queue(html=b"x")
    assert queue(text="a\0b\ud800").text == "ab\ufffd"


def test_without_a_server_a_mail_is_kept_and_released_later(queue: Queue, settings: Any) -> None:
    settings.SMTP_URL = ""
    mail = queue()
    assert (mail.status, mail.held_because) == ("held", "no_server")
    assert kinds(mail) == ["mail.queued", "mail.held"]
    settings.SMTP_URL = "smtp://127.0.0.1:1"
    assert actions.release_held([mail.pk], actor=None) == [mail.pk]
    mail.refresh_from_db()
    assert (mail.status, mail.held_because) == ("queued", "")
    assert kinds(mail)[-1] == "mail.retried"


@pytest.mark.parametrize(
    ("site", "debug", "kind", "shown"),
    [("http://localhost:8000", False, "account", True), ("https://help.acme.test", False, "account", False),
     ("https://help.acme.test", True, "account", True), ("http://localhost:8000", False, "reply", False)],
)  # fmt: skip
def test_the_log_shows_a_kept_login_code_only_at_home(
    queue: Queue, settings: Any, caplog: Any, site: str, debug: bool, kind: str, shown: bool,
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    settings.SMTP_URL, settings.SITE_URL, settings.DEBUG = "", site, debug
    caplog.set_level("INFO", logger="messaging.outbox")
    with django_capture_on_commit_callbacks(execute=True):
        queue(kind=kind, text="Your code is ABC123", subject="Sign in")
    assert "mail kept: to=ada@customer.test subject=Sign in" in caplog.text
    assert ("ABC123" in caplog.text) is shown


def test_only_admins_manage_the_outbox(queue: Queue) -> None:
    mail = queue()
    agent = User.objects.create_user("agent@desk.test", role=Role.AGENT)
    with pytest.raises(NotAllowed):
        actions.cancel_mail(mail.pk, actor=agent)
    mail.refresh_from_db()
    assert mail.status == "queued"
    admin = User.objects.create_user("admin@desk.test", role=Role.ADMIN)
    assert actions.cancel_mail(mail.pk, actor=admin).status == "cancelled"
    assert Event.objects.about("mail", mail.pk).last().actor_id == admin.pk  # type: ignore[union-attr]
    with pytest.raises(Conflict):
        actions.cancel_mail(mail.pk, actor=admin)
    with pytest.raises(Conflict):
        actions.retry_mail(mail.pk, actor=admin)
