"""What a row says becomes the ticket with its people, moments, messages and events; and nobody is told."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import registries
from core.models import Delivery, Event
from messaging.models import OutgoingMail
from people.models import Role, User
from tests.cast import Cast
from tests.sample_files import write_csv, write_json_lines
from tests.tickets.importing import csv_file, json_file, rejected, run_import
from tickets.models import Category, CustomField, Message, Ticket

pytestmark = pytest.mark.django_db

FULL = {
    "id": 17,
    "subject": "Printer on fire",
    "body": "It burns.",
    "requester": {"email": "Rita@Acme-Example.com", "name": "Rita Example"},
    "organisation": "Acme Example",
    "channel": "e-mail",
    "status": "closed",
    "priority": "P1",
    "type": "bug",
    "category": "Hardware / Printer",
    "tags": "Hot, printer",
    "cc": ["boss@acme-example.com"],
    "created_at": "2025-03-31T14:05:00+02:00",
    "solved_at": "2025-03-31T16:00:00Z",
    "closed_at": "2025-04-07 16:00",
    "assignee_email": "dora@desk.example",
    "team": "SUPPORT",
    "fields": {"device": "LaserJet"},
    "messages": [
        {"author_email": "dora@desk.example", "by": "agent", "body": "Water!", "created_at": "2025-03-31T12:30:00Z"},
        {
            "by": "agent",
            "visibility": "internal",
            "body": "Call the fire brigade.",
            "created_at": "2025-03-31T12:31:00Z",
        },
        {"by": "customer", "body": "It is out.", "created_at": "2025-03-31T15:00:00Z"},
    ],
}


@pytest.fixture
def ticket(cast: Cast, tmp_path: Path) -> Ticket:
    CustomField.objects.create(key="device", label="Device")
    path = json_file(tmp_path, FULL)
    run_import(path)
    assert rejected(path) == {}
    found: Ticket = Ticket.objects.select_related("requester__organisation", "category__parent").get()
    return found


def test_every_column_arrives(ticket: Ticket, cast: Cast) -> None:
    assert (ticket.subject, ticket.status, ticket.priority, ticket.type) == (
        "Printer on fire",
        "closed",
        "critical",
        "incident",
    )
    assert (ticket.channel, ticket.fields, ticket.source_key) == ("email", {"device": "LaserJet"}, "import:17")
    assert (ticket.requester.email, ticket.requester.name) == ("rita@acme-example.com", "Rita Example")
    assert ticket.organisation == ticket.requester.organisation
    assert str(ticket.organisation) == "Acme Example"
    assert (ticket.assignee, ticket.team) == (cast.dora, cast.support)
    assert sorted(ticket.tags.values_list("name", flat=True)) == ["hot", "printer"]
    assert [p.user.email for p in ticket.participants.select_related("user")] == ["boss@acme-example.com"]
    assert ticket.category is not None
    assert (str(ticket.category), str(ticket.category.parent), ticket.category.on_portal) == (
        "Printer",
        "Hardware",
        False,
    )


def test_moments_are_those_of_the_file(ticket: Ticket) -> None:
    assert ticket.created_at == datetime(2025, 3, 31, 12, 5, tzinfo=UTC)
    assert ticket.first_responded_at == datetime(2025, 3, 31, 12, 30, tzinfo=UTC)
    assert ticket.solved_at == datetime(2025, 3, 31, 16, tzinfo=UTC)
    assert ticket.closed_at == datetime(2025, 4, 7, 16, tzinfo=UTC)
    said = list(ticket.messages.order_by("created_at").values_list("body", "visibility", "by_staff", "author__email"))
    assert said == [
        ("It burns.", "public", False, "rita@acme-example.com"),
        ("Water!", "public", True, "dora@desk.example"),
        ("Call the fire brigade.", "internal", True, "dora@desk.example"),
        ("It is out.", "public", False, "rita@acme-example.com"),
    ]


def test_history_is_recorded_and_leaves_the_house_for_nobody(ticket: Ticket) -> None:
    kinds = Event.objects.about("ticket", ticket.pk).values_list("kind", "backfill")
    assert ("ticket.created", True) in kinds
    assert len([kind for kind, _ in kinds if kind == "message.added"]) == 3
    assert ("ticket.status_changed", True) in kinds
    assert all(backfill for _, backfill in kinds)
    assert not OutgoingMail.objects.exists()
    wanted = {consumer.name for consumer in registries.consumers if consumer.on_backfill}
    subjects = Delivery.objects.filter(subject_kind="ticket").values_list("consumer", flat=True)
    assert set(subjects) <= wanted


def test_numbered_message_columns(cast: Cast, tmp_path: Path) -> None:
    run_import(
        csv_file(
            tmp_path,
            "subject,body,requester_email,message_1_by,message_1_body,message_2_body,message_2_author_email\n"
            "a,text,alice@example.com,agent,hello,thanks,alice@example.com\n",
        )
    )
    ticket = Ticket.objects.get()
    assert list(ticket.messages.values_list("body", "by_staff")) == [
        ("text", False),
        ("hello", True),
        ("thanks", False),
    ]
    assert ticket.status == "open"


def test_an_agent_who_is_unknown_is_made_deactivated(cast: Cast, tmp_path: Path) -> None:
    message = {"by": "agent", "author_email": "gone@desk.example", "author_name": "Gone Agent", "body": "Bye."}
    told = run_import(json_file(tmp_path, {"subject": "a", "assignee": "gone@desk.example", "messages": [message]}))
    gone = User.objects.get(email="gone@desk.example")
    assert (gone.role, gone.is_active, gone.has_usable_password(), gone.name) == (
        Role.AGENT,
        False,
        False,
        "Gone Agent",
    )
    assert Ticket.objects.get().assignee is None
    assert "made as deactivated: 1" in told
    assert "left unassigned" in told


def test_a_customer_does_not_become_an_agent(cast: Cast, tmp_path: Path) -> None:
    message = {"by": "agent", "author_email": "alice@example.com", "body": "I am staff."}
    path = json_file(tmp_path, {"subject": "a", "messages": [message]}, {"subject": "b", "assignee": "bob@example.com"})
    run_import(path)
    assert not Ticket.objects.exists()
    assert "alice@example.com is a customer here" in rejected(path)[1]
    assert "bob@example.com is a customer here" in rejected(path)[2]


def test_history_of_somebody_who_has_left(cast: Cast, tmp_path: Path) -> None:
    User.objects.filter(pk=cast.alice.pk).update(is_active=False)
    run_import(json_file(tmp_path, {"subject": "a", "requester_email": "alice@example.com"}))
    assert Ticket.objects.get().requester == cast.alice


def test_a_row_without_requester_moment_or_subject(tmp_path: Path) -> None:
    body = "The quick brown fox jumps over the lazy dog. " * 5
    path = csv_file(tmp_path, f"body\n{body}\n")
    run_import(path, requester="desk@example.com")
    ticket = Ticket.objects.get()
    assert ticket.requester.email == "desk@example.com"
    assert ticket.subject == "The quick brown fox jumps over the lazy dog. The quick brown fox jumps over the…"
    assert ticket.created_at == datetime.fromtimestamp(path.stat().st_mtime, UTC)


def test_a_subject_that_is_too_long_opens_the_text(tmp_path: Path) -> None:
    line = "word " * 100
    run_import(csv_file(tmp_path, f"subject,body\n{line},The text.\n"))
    ticket = Ticket.objects.get()
    assert len(ticket.subject) <= 250
    assert ticket.messages.get().body == f"{line.strip()}\n\nThe text."


def test_categories_are_found_by_path_name_or_key(tmp_path: Path) -> None:
    top = Category.objects.create(key="hw", name="Hardware")
    printer = Category.objects.create(key="hw-printer", name="Printer", parent=top)
    run_import(csv_file(tmp_path, "subject,category\na,hardware > PRINTER\nb,hw-printer\nc,Hardware\n"))
    found = dict(Ticket.objects.values_list("subject", "category"))
    assert found == {"a": printer.pk, "b": printer.pk, "c": top.pk}
    path = csv_file(tmp_path, "subject,category\nd,Software\n")
    run_import(path, no_create_categories=True)
    assert "there is no “Software”" in rejected(path)[2]


def test_custom_fields_are_checked(tmp_path: Path) -> None:
    CustomField.objects.create(key="plan", label="Plan", kind="choice", choices=["free", "pro"])
    path = csv_file(tmp_path, "subject,fields.plan\na,pro\nb,gold\n")
    run_import(path)
    assert Ticket.objects.get().fields == {"plan": "pro"}
    assert "fields.plan: Choose one of: free, pro." in rejected(path)[3]


def test_the_statements_do_not_grow_with_the_rows(tmp_path: Path) -> None:
    def statements(count: int) -> int:
        path = write_csv(tmp_path / f"{count}.csv", count)
        with CaptureQueriesContext(connection) as captured:
            run_import(path, source=f"s{count}")
        return len(captured)

    statements(400)  # people and categories are there from now on
    assert statements(390) == statements(40)


def test_csv_and_json_lines_say_the_same(tmp_path: Path) -> None:
    run_import(write_csv(tmp_path / "tickets.csv", 40))
    assert Ticket.objects.count() == 40
    assert Message.objects.count() == 120
    assert "0 added, 40 already there" in run_import(write_json_lines(tmp_path / "tickets.jsonl", 40))
