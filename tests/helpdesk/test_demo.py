"""The demo: believable, the same each time, silent, and played once."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from core.models import Delivery, Event
from helpdesk.demo import loading
from helpdesk.demo.logins import LOGINS, PASSWORD
from messaging.models import OutgoingMail
from people.models import Organisation, Role, Team, User
from tickets.models import Attachment, Draft, HandleTime, Message, Participant, Status, Ticket, TicketLink, Visibility

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def told(folder: Path, django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The demo, played once for all tests of this file and undone after them."""
    with django_db_blocker.unblock(), override_settings(DATA_DIR=folder, MEDIA_ROOT=folder), transaction.atomic():
        out = io.StringIO()
        call_command("load_demo", stdout=out)
        yield out.getvalue()
        transaction.set_rollback(True)


def test_a_house_with_its_people_and_their_work(told: str) -> None:
    staff = User.objects.staff().values_list("role", flat=True)
    assert sorted(staff).count(Role.AGENT) + sorted(staff).count(Role.LEAD) == 8
    assert (Team.objects.count(), Organisation.objects.count(), User.objects.customers().count()) == (4, 15, 60)
    assert all(team.memberships.filter(leads=True).exists() for team in Team.objects.all())
    assert 240 <= Ticket.objects.count() <= 260
    assert not Ticket.objects.filter(subject__contains="{").exists()
    assert not Message.objects.filter(body__contains="{").exists()


def test_every_part_of_the_desk_has_something(told: str) -> None:
    for status in Status.values:
        assert Ticket.objects.with_status(status).exists(), status
    assert Ticket.objects.filter(status=Status.NEW, assignee=None).exists()
    assert Message.objects.filter(visibility=Visibility.INTERNAL).exists()
    assert {link.kind for link in TicketLink.objects.all()} >= {
        "duplicate",
        "incident",
        "related",
        "split",
        "follow_up",
    }
    assert {"image/png", "text/plain"} == set(Attachment.objects.values_list("content_type", flat=True))
    assert {"cc", "follower"} == set(Participant.objects.values_list("role", flat=True))
    assert Draft.objects.exists()
    assert HandleTime.objects.exists()
    assert Event.objects.filter(kind="ticket.mentioned").exists()
    assert Ticket.objects.filter(requester__email=LOGINS[-1][1]).count() > 10


def test_moments_are_in_order_and_in_the_past(told: str) -> None:
    now = timezone.now()
    for ticket in Ticket.objects.prefetch_related("messages"):
        moments = [message.created_at for message in ticket.messages.all()]
        assert moments == sorted(moments)
        assert all(ticket.created_at <= at <= now for at in moments) or ticket.links_out.filter(kind="split").exists()
        assert ticket.solved_at is None or ticket.created_at <= ticket.solved_at <= now


def test_nobody_is_mailed_and_nothing_waits_to_be(told: str) -> None:
    assert not OutgoingMail.objects.exists()
    assert not Delivery.objects.exists()
    assert Event.objects.exists()


def test_the_logins_work_and_are_left_for_the_supervisor(told: str, folder: Path) -> None:
    for role, email, password in LOGINS:
        user = User.objects.get(email=email)
        assert user.role == role
        assert user.check_password(password)
        assert email in told
    kept = folder / "demo-logins.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert json.loads(kept.read_text()) == [[email, password] for _, email, password in LOGINS]


def test_again_is_harmless(told: str) -> None:
    before = Ticket.objects.count(), Event.objects.count(), User.objects.count()
    out = io.StringIO()
    call_command("load_demo", stdout=out)
    assert "there already" in out.getvalue()
    assert (Ticket.objects.count(), Event.objects.count(), User.objects.count()) == before


def test_away_from_localhost_nobody_can_look_the_password_up(settings: object) -> None:
    assert loading.demo_password() == PASSWORD
    settings.SITE_URL = "https://help.example.com"  # type: ignore[attr-defined]
    assert loading.demo_password() != PASSWORD
    assert len(loading.demo_password()) >= 16
