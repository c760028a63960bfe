"""The outbox in the admin: seen, not edited; login codes only where they must be seen."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from messaging.models import OutgoingMail
from people.models import Role, User

pytestmark = pytest.mark.django_db
Queue = Callable[..., OutgoingMail]
LIST = "/admin/messaging/outgoingmail/"


@pytest.fixture
def admin(settings: Any) -> Client:
    settings.SMTP_URL = "smtp://127.0.0.1:1"
    settings.SECURE_SSL_REDIRECT = False
    client = Client()
    client.force_login(
        User.objects.create_user("root@desk.test", "a-long-password", role=Role.ADMIN),
        "allauth.account.auth_backends.AuthenticationBackend",
    )
    return client


def test_the_list_finds_a_mail_and_the_page_shows_it_escaped(admin: Client, queue: Queue) -> None:
    mail = queue(to_name="<b>Ada</b>", subject="<script>1</script>", text="<img src=x onerror=1>")
    page = admin.get(LIST, {"q": "ada@customer"}).content.decode()
    assert "ada@customer.test" in page
    assert "<script>1</script>" not in page
    page = admin.get(f"{LIST}{mail.pk}/change/").content.decode()
    assert "&lt;img src=x onerror=1&gt;" in page
    assert "<img src=x" not in page
    assert "<b>Ada</b>" not in page


def test_nothing_is_added_edited_or_deleted(admin: Client, queue: Queue) -> None:
    mail = queue()
    assert admin.get(f"{LIST}add/").status_code == 403
    assert admin.post(f"{LIST}{mail.pk}/delete/", {"post": "yes"}).status_code == 403
    assert admin.post(f"{LIST}{mail.pk}/change/", {"status": "sent"}).status_code == 403
    mail.refresh_from_db()
    assert mail.status == "queued"


def test_a_login_code_is_masked_where_a_server_sends_it(admin: Client, queue: Queue, settings: Any) -> None:
    settings.DEBUG = False
    mail = queue(kind="account", text="Your code is ABC123", html="<p>ABC123</p>")
    url = f"{LIST}{mail.pk}/change/"
    assert "ABC123" not in admin.get(url).content.decode()
    settings.SMTP_URL = ""
    assert "ABC123" in admin.get(url).content.decode()


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [("retry", "failed", "queued"), ("retry", "unsure", "queued"), ("release", "held", "queued"),
     ("cancel", "queued", "cancelled"),
     ("cancel", "sent", "sent"), ("retry", "sent", "sent"), ("release", "failed", "failed")],
)  # fmt: skip
def test_what_can_be_done(admin: Client, queue: Queue, action: str, before: str, after: str) -> None:
    mail = queue()
    OutgoingMail.objects.update(status=before)
    answer = admin.post(LIST, {"action": action, "_selected_action": [mail.pk]}, follow=True)
    assert answer.status_code == 200
    mail.refresh_from_db()
    assert mail.status == after


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.AGENT, Role.LEAD, Role.MANAGER])
def test_only_admins_see_it(admin: Client, queue: Queue, role: Role) -> None:
    mail = queue(text="secret-marker")
    admin.logout()
    other = User.objects.create_user(f"{role}@desk.test", role=role)
    admin.force_login(other, "allauth.account.auth_backends.AuthenticationBackend")
    for url in (LIST, f"{LIST}{mail.pk}/change/"):
        answer = admin.get(url)
        assert answer.status_code in (302, 403, 404)
        assert "secret-marker" not in answer.content.decode()
    admin.post(LIST, {"action": "cancel", "_selected_action": [mail.pk]})
    mail.refresh_from_db()
    assert mail.status == "queued"
