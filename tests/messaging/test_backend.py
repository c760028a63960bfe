"""Django's own mail ends in the outbox."""

from typing import Any

import pytest
from django.core import mail as django_mail
from django.core.files.storage import default_storage
from django.core.mail import EmailMultiAlternatives, send_mail

from core.errors import Invalid
from messaging.models import OutgoingMail
from messaging.queries import shows_text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def outbox_backend(settings: Any) -> None:
    settings.EMAIL_BACKEND = "messaging.backends.OutboxBackend"
    settings.SMTP_URL = "smtp://127.0.0.1:1"


def test_every_recipient_gets_a_row_and_nothing_is_sent_inline() -> None:
    message = EmailMultiAlternatives("Hello", "text", to=["a@x.test"], cc=["b@x.test"], bcc=["c@x.test"])
    message.attach_alternative("<p>html</p>", "text/html")
    message.attach("a.txt", "attached", "text/plain")
    assert message.send() == 1
    rows = list(OutgoingMail.objects.order_by("to_address"))
    assert [row.to_address for row in rows] == ["a@x.test", "b@x.test", "c@x.test"]
    assert {(row.kind, row.automatic, row.status, row.text, row.html) for row in rows} == {
        ("account", True, "queued", "text", "<p>html</p>")
    }
    attachment = rows[0].attachments[0]
    assert (attachment["name"], attachment["content_type"]) == ("a.txt", "text/plain")
    with default_storage.open(attachment["path"]) as kept:
        assert kept.read() == b"attached"
    assert not getattr(django_mail, "outbox", [])


def test_a_bad_address_is_refused_unless_silent() -> None:
    with pytest.raises(Invalid):
        send_mail("s", "t", None, ["a@x.test\r\nBcc: eve@evil.test"])
    assert send_mail("s", "t", None, ["not an address"], fail_silently=True) == 0
    assert not OutgoingMail.objects.exists()


def test_a_login_mail_is_masked_once_a_server_sends_it(settings: Any) -> None:
    send_mail("s", "Your code is ABC123", None, ["a@x.test"])
    row = OutgoingMail.objects.get()
    settings.DEBUG = False
    assert not shows_text(row)
    settings.SMTP_URL = ""
    assert shows_text(row)
