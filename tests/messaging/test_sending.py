"""Sending over a real SMTP server that counts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command

from core.models import Event
from messaging import leases, sending
from messaging.actions import retry_mail
from messaging.models import OutgoingMail
from messaging.sending import run_once
from tests.messaging.postbox import Postbox, make_due

pytestmark = pytest.mark.django_db(transaction=True)
Queue = Callable[..., OutgoingMail]


def last_event(mail: OutgoingMail) -> Event:
    event = Event.objects.about("mail", mail.pk).last()
    assert event is not None
    return event


def test_a_mail_arrives(queue: Queue, postbox: Postbox) -> None:
    mail = queue(
        to_name="Ada", cc=["bob@customer.test"], reply_to="support+7@desk.test", html="<p>It <b>works</b>.</p>",
        in_reply_to="<q@customer.test>", references=["<p@customer.test>", "<q@customer.test>"],
        headers={"X-Helpdesk-Ticket": "HD-7"},
    )  # fmt: skip
    assert run_once().sent == 1
    (recipients, got), *more = postbox.taken
    assert not more
    assert recipients == ["ada@customer.test", "bob@customer.test"]
    assert got["To"] == "Ada <ada@customer.test>"
    assert got["Cc"] == "bob@customer.test"
    assert got["Reply-To"] == "support+7@desk.test"
    assert got["Message-ID"] == mail.message_id
    assert got["In-Reply-To"] == "<q@customer.test>"
    assert got["References"].split() == ["<p@customer.test>", "<q@customer.test>"]
    assert got["X-Helpdesk-Ticket"] == "HD-7"
    assert got["Auto-Submitted"] is None
    assert got.get_body(("plain",)).get_content().strip() == "It works again."
    assert got.get_body(("html",)).get_content().strip() == "<p>It <b>works</b>.</p>"
    mail.refresh_from_db()
    assert (mail.status, mail.attempts, mail.last_error) == ("sent", 1, "")
    assert mail.sent_at is not None
    assert last_event(mail).kind == "mail.sent"
    assert last_event(mail).correlation_id == mail.correlation_id
    assert run_once().sent == 0


def test_automatic_mail_says_so(queue: Queue, postbox: Postbox) -> None:
    queue(automatic=True)
    run_once()
    assert postbox.mails[0]["Auto-Submitted"] == "auto-generated"
    assert postbox.mails[0]["X-Auto-Response-Suppress"] == "All"


NAMES = {
    "greek": "Ζωή Παπαδοπούλου",
    "arabic": "مريم الخطيب",
    "hebrew_with_marks": "\u200fדנה\u200f",
    "chinese_and_emoji": "李小龍 🐉",
    "specials": 'O"Neil, <Jr>; @ever',
    "long": "x" * 200,
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names_and_subjects_in_any_script(queue: Queue, postbox: Postbox, name: str) -> None:
    queue(
        to_name=name,
        from_name=name,
        subject=f"{name} – ¿qué tal? " * 3,
        text=f"{name}\nשלום",
    )
    assert run_once().sent == 1
    recipients, got = postbox.taken[0]
    assert recipients == ["ada@customer.test"]
    assert [address.display_name for address in got["To"].addresses] == [name]
    assert got["To"].addresses[0].addr_spec == "ada@customer.test"
    assert len(got["From"].addresses) == 1
    assert got["Subject"].strip() == (f"{name} – ¿qué tal? " * 3).strip()[:500].rstrip()
    assert got.get_content().splitlines()[0] == name


def test_an_address_in_another_script(queue: Queue, postbox: Postbox) -> None:
    queue(to="ada@bücher.test")
    assert run_once().sent == 1
    assert postbox.taken[0][0] == ["ada@xn--bcher-kva.test"]


MEGABYTES = {
    "one_line": "x" * 1_000_000,
    "accents": "é" * 1_000_000,
    "lines": ("ligne " * 30 + "\n") * 5_500,
    "dots": ".\n..\n.\r\n" * 1000,
}


@pytest.mark.parametrize("text", MEGABYTES.values(), ids=MEGABYTES)
def test_a_body_of_a_megabyte(queue: Queue, postbox: Postbox, text: str) -> None:
    queue(text=text)
    assert run_once().sent == 1
    assert postbox.mails[0].get_content().split() == text.split()


def test_attachments_go_along(queue: Queue, postbox: Postbox, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    path = default_storage.save("t/1", ContentFile(b"%PDF-1.7"))
    queue(attachments=[{"name": "Ré\r\nX: y.pdf", "content_type": "application/pdf", "path": path}])
    assert run_once().sent == 1
    attachment = next(postbox.mails[0].iter_attachments())
    assert attachment.get_filename() == "Ré X: y.pdf"
    assert attachment.get_content() == b"%PDF-1.7"
    assert attachment.get_content_type() == "application/pdf"


@pytest.mark.parametrize("path", ["gone", "../../etc/passwd", "/etc/passwd"])
def test_an_attachment_that_is_gone_or_elsewhere_fails_visibly(
    queue: Queue, postbox: Postbox, settings: Any, tmp_path: Path, path: str
) -> None:
    settings.MEDIA_ROOT = tmp_path
    mail = queue(attachments=[{"name": "a", "content_type": "text/plain", "path": path}])
    assert run_once().failed == 1
    mail.refresh_from_db()
    assert mail.status == "failed"
    assert "cannot be built" in mail.last_error
    assert not postbox.taken


def test_put_off_then_sent(queue: Queue, postbox: Postbox) -> None:
    mail = queue()
    postbox.answers = ["451 greylisted, come back later"]
    assert run_once().put_off == 1
    mail.refresh_from_db()
    assert (mail.status, mail.attempts) == ("queued", 1)
    assert "greylisted" in mail.last_error
    assert run_once().sent == 0  # not before the pause is over
    make_due()
    assert run_once().sent == 1
    assert len(postbox.taken) == 1


def test_refused_for_good(queue: Queue, postbox: Postbox) -> None:
    mail, other = queue(), queue(to="bob@customer.test")
    postbox.refused["ada@customer.test"] = "550 no such user"
    summary = run_once()
    assert (summary.failed, summary.sent) == (1, 1)
    mail.refresh_from_db()
    assert mail.status == "failed"
    assert "550 no such user" in mail.last_error
    assert last_event(mail).kind == "mail.failed"
    assert last_event(other).kind == "mail.sent"
    make_due()
    run_once()
    assert len(postbox.taken) == 1
    postbox.refused.clear()
    retry_mail(mail.pk, actor=None)
    assert run_once().sent == 1
    assert postbox.mails[1]["Message-ID"] == mail.message_id


def test_a_text_refused_for_good(queue: Queue, postbox: Postbox) -> None:
    mail = queue()
    postbox.answers = ["552 too large"]
    assert run_once().failed == 1
    mail.refresh_from_db()
    assert mail.status == "failed"


def test_a_refused_cc_does_not_keep_the_recipient_waiting(queue: Queue, postbox: Postbox) -> None:
    mail = queue(cc=["gone@customer.test", "bob@customer.test"])
    postbox.refused["gone@customer.test"] = "550 no such user"
    assert run_once().sent == 1
    mail.refresh_from_db()
    assert "gone@customer.test" in mail.last_error
    assert postbox.taken[0][0] == ["ada@customer.test", "bob@customer.test"]


def test_given_up_after_the_last_attempt(queue: Queue, postbox: Postbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "MAX_ATTEMPTS", 2)
    mail = queue()
    postbox.answers = ["451 later", "451 later"]
    for _ in range(2):
        run_once()
        make_due()
    mail.refresh_from_db()
    assert mail.status == "failed"


def test_a_drop_after_the_text_is_doubt_automatic_mail_stays(queue: Queue, postbox: Postbox) -> None:
    mail = queue(automatic=True)
    postbox.answers = ["drop"]
    assert run_once().unsure == 1
    make_due()
    assert run_once().sent == 0
    mail.refresh_from_db()
    assert mail.status == "unsure"
    assert len(postbox.taken) == 1
    assert (last_event(mail).kind, last_event(mail).payload["sent_again"]) == (
        "mail.unsure",
        False,
    )


def test_a_drop_after_the_text_is_doubt_a_reply_goes_again_under_its_message_id(queue: Queue, postbox: Postbox) -> None:
    mail = queue(automatic=False)
    postbox.answers = ["drop"]
    assert run_once().unsure == 1
    assert last_event(mail).payload["sent_again"] is True
    make_due()
    assert run_once().sent == 1
    assert [got["Message-ID"] for got in postbox.mails] == [mail.message_id] * 2


def test_a_reply_in_doubt_is_not_repeated_for_ever(queue: Queue, postbox: Postbox) -> None:
    mail = queue(automatic=False)
    postbox.answers = ["drop"] * 20
    for _ in range(10):
        run_once()
        make_due()
    mail.refresh_from_db()
    assert mail.status == "unsure"
    assert len(postbox.taken) == leases.MAX_DOUBTS


def test_no_server_answers(queue: Queue, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SMTP_URL = "smtp://127.0.0.1:1"
    mail, other = queue(), queue()
    summary = run_once()
    assert (summary.unreachable, summary.sent) == (1, 0)
    assert "cannot be reached" in str(summary)
    mail.refresh_from_db()
    other.refresh_from_db()
    assert (mail.status, mail.attempts) == ("queued", 1)
    assert (other.status, other.attempts) == ("queued", 0)
    assert run_once().unreachable == 0  # this process leaves it alone for a while
    monkeypatch.setattr(sending, "_resting_until", 0.0)
    assert run_once().unreachable == 1


def test_no_password_and_no_text_without_the_encryption_that_was_asked_for(
    queue: Queue, postbox: Postbox, settings: Any
) -> None:
    mail = queue()
    settings.SMTP_URL += "?tls=starttls"
    assert run_once().unreachable == 1
    mail.refresh_from_db()
    assert "STARTTLS" in mail.last_error
    assert not postbox.taken


def test_mails_wait_as_held_while_no_server_is_configured(queue: Queue, postbox: Postbox, settings: Any) -> None:
    mail, url = queue(), settings.SMTP_URL
    settings.SMTP_URL = ""
    assert run_once().held == 1
    mail.refresh_from_db()
    assert (mail.status, mail.held_because) == ("held", "no_server")
    settings.SMTP_URL = url
    assert run_once().sent == 0
    retry_mail(mail.pk, actor=None)
    assert run_once().sent == 1
    assert len(postbox.taken) == 1


def test_the_command_does_one_round_and_says_what_it_did(queue: Queue, postbox: Postbox, capsys: Any) -> None:
    queue()
    call_command("send_outbox")
    assert capsys.readouterr().out.strip() == "1 sent, 0 put off, 0 failed, 0 in doubt, 0 held"


def test_many_mails_one_connection(queue: Queue, postbox: Postbox, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    connect = sending.SmtpSender._connect
    monkeypatch.setattr(sending.SmtpSender, "_connect", lambda self: opened.append(1) or connect(self))
    for _ in range(5):
        queue()
    assert run_once().sent == 5
    assert len(opened) == 1
