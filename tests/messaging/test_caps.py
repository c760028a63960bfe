"""M6, L1: a cap holds for automatic mail."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from messaging.actions import retry_mail
from messaging.models import OutgoingMail

pytestmark = pytest.mark.django_db
Queue = Callable[..., OutgoingMail]


@pytest.fixture(autouse=True)
def a_server(settings: Any) -> None:
    settings.SMTP_URL = "smtp://127.0.0.1:1"


def acknowledge(queue: Queue, to: str = "ada@customer.test", **given: Any) -> OutgoingMail:
    return queue(**({"kind": "acknowledgement", "to": to, "automatic": True} | given))


def test_ten_in_ten_minutes_to_one_address(queue: Queue) -> None:
    mails = [acknowledge(queue, to=["ada@customer.test", "ADA@customer.test"][i % 2]) for i in range(15)]
    assert [mail.status for mail in mails] == ["queued"] * 10 + ["held"] * 5
    assert mails[-1].held_because == "too_many"
    assert acknowledge(queue, to="bob@customer.test").status == "queued"
    OutgoingMail.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    assert acknowledge(queue).status == "queued"


def test_a_hundred_in_ten_hours(queue: Queue) -> None:
    for i in range(100):
        mail = acknowledge(queue)
        OutgoingMail.objects.filter(pk=mail.pk).update(created_at=timezone.now() - timedelta(minutes=11 + i))
    assert acknowledge(queue).status == "held"


def test_an_agents_reply_and_a_login_code_are_not_capped(queue: Queue) -> None:
    assert {queue().status for _ in range(12)} == {"queued"}
    assert {acknowledge(queue, kind="login_code").status for _ in range(12)} == {"queued"}


def test_m6_five_hundred_strangers_are_not_all_written_to(queue: Queue, settings: Any) -> None:
    settings.MAIL_NEW_ADDRESSES_PER_HOUR = 20
    mails = [acknowledge(queue, to=f"victim{i}@elsewhere.test") for i in range(500)]
    assert sum(mail.status == "queued" for mail in mails) == 20
    assert {mail.held_because for mail in mails[20:]} == {"new_addresses"}
    # Who heard from us before still does, and an hour later there is room again.
    assert acknowledge(queue, to="victim0@elsewhere.test").status == "queued"
    OutgoingMail.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    assert acknowledge(queue, to="victim300@elsewhere.test").status == "queued"


def test_m6_who_got_an_agents_reply_is_no_stranger(queue: Queue, settings: Any) -> None:
    settings.MAIL_NEW_ADDRESSES_PER_HOUR = 0
    queue(to="ada@customer.test")
    queue(to="bob@customer.test", kind="account", automatic=True)
    assert acknowledge(queue, to="ada@customer.test").status == "queued"
    assert acknowledge(queue, to="bob@customer.test").status == "held"


def test_l1_no_automatic_mail_to_ourselves(queue: Queue, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Support <Support@desk.test>"
    assert acknowledge(queue, to="support@DESK.test").held_because == "own_address"


def test_an_admin_can_release_a_capped_mail(queue: Queue, settings: Any) -> None:
    settings.MAIL_NEW_ADDRESSES_PER_HOUR = 0
    mail = acknowledge(queue)
    assert mail.status == "held"
    assert retry_mail(mail.pk, actor=None).status == "queued"
