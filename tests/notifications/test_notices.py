"""Who gets a notice, who does not, and once."""

from typing import Any

import pytest
from django.db import transaction

from core.dispatch import run_once
from core.event_log import record
from core.registry import UnknownKey
from notifications import queries
from notifications.actions import mark_read, notify
from notifications.models import Notice
from people.models import Membership, Role, Team, User
from tickets import events
from tickets.actions import NewTicket, add_message, change_ticket, create_ticket, follow
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)


class Cast:
    """Ada (customer); Ben and Cleo (agents); Dora (agent, not in the closed team); the ticket is Ada's, Ben works it."""

    def __init__(self) -> None:
        self.ada = User.objects.create_user("ada@customer.test", name="Ada")
        self.ben = User.objects.create_user("ben@desk.test", name="Ben", role=Role.AGENT)
        self.cleo = User.objects.create_user("cleo@desk.test", name="Cleo", role=Role.AGENT)
        self.dora = User.objects.create_user("dora@desk.test", name="Dora", role=Role.AGENT)
        self.ticket = create_ticket(
            NewTicket(requester=self.ada, subject="Printer", body="It is on fire", channel="portal"), actor=self.ada
        )

    def assign(self, assignee: User | None, *, by: User | None) -> Ticket:
        self.ticket = change_ticket(self.ticket, {"assignee": assignee}, actor=by)
        return self.ticket


@pytest.fixture
def cast(monkeypatch: pytest.MonkeyPatch) -> Cast:
    from core import bell

    monkeypatch.setattr(bell, "ring", lambda task=bell.TASK: True)
    return Cast()


def told() -> set[tuple[str, str]]:
    """(who, of what) after everything recorded has been handled."""
    run_once()
    return {(notice.user.name, notice.kind) for notice in Notice.objects.select_related("user")}


def test_the_assignee_is_told(cast: Cast) -> None:
    cast.assign(cast.ben, by=cast.cleo)
    assert told() == {("Ben", "ticket.assigned")}
    notice = Notice.objects.get()
    assert notice.text == f"Cleo assigned #{cast.ticket.number} Printer to you"
    assert notice.url == cast.ticket.get_absolute_url()
    assert (notice.subject_kind, notice.subject_id) == ("ticket", cast.ticket.pk)


def test_who_takes_a_ticket_is_not_told(cast: Cast) -> None:
    cast.assign(cast.ben, by=cast.ben)
    cast.assign(None, by=cast.cleo)
    assert told() == set()


def test_a_ticket_opened_for_somebody_tells_them(cast: Cast) -> None:
    new = NewTicket(requester=cast.ada, subject="{who} & {ticket}", body="b", channel="portal", assignee=cast.ben)
    ticket = create_ticket(new, actor=cast.cleo)
    assert told() == {("Ben", "ticket.assigned")}
    assert Notice.objects.get().text == f"Cleo assigned #{ticket.number} {{who}} & {{ticket}} to you"


def test_a_customers_reply_tells_assignee_and_followers(cast: Cast) -> None:
    cast.assign(cast.ben, by=cast.ben)
    follow(cast.ticket, actor=cast.cleo)
    add_message(cast.ticket, actor=cast.ada, body="secret-body", channel="portal")
    assert told() == {("Ben", "ticket.replied"), ("Cleo", "ticket.replied")}
    assert not Notice.objects.filter(text__contains="secret-body").exists()


def test_what_staff_write_is_no_customers_reply(cast: Cast) -> None:
    cast.assign(cast.ben, by=cast.ben)
    add_message(cast.ticket, actor=cast.cleo, body="Hello", channel="web")
    add_message(cast.ticket, actor=cast.cleo, body="A note", visibility="internal", channel="web")
    assert told() == set()


def test_the_mentioned_are_told_the_writer_is_not(cast: Cast) -> None:
    add_message(cast.ticket, actor=cast.ben, body="@cleo @ben look", visibility="internal", channel="web")
    assert told() == {("Cleo", "ticket.mentioned")}


def test_nobody_is_told_of_a_ticket_they_may_not_see(cast: Cast) -> None:
    closed = Team.objects.create(key="hr", name="HR", closed=True)
    Membership.objects.create(team=closed, user=cast.ben)
    Membership.objects.create(team=closed, user=cast.cleo)
    follow(cast.ticket, actor=cast.dora)
    cast.ticket = change_ticket(cast.ticket, {"team": closed, "assignee": cast.ben}, actor=cast.ben)
    note = "@dora @cleo look"
    add_message(cast.ticket, actor=cast.ben, body=note, visibility="internal", channel="web")
    add_message(cast.ticket, actor=cast.ada, body="Any news?", channel="portal")
    assert told() == {("Cleo", "ticket.mentioned"), ("Ben", "ticket.replied")}


def test_a_notice_disappears_with_the_right_to_see_its_ticket(cast: Cast) -> None:
    cast.assign(cast.ben, by=cast.cleo)
    told()
    assert len(queries.latest(cast.ben)) == 1
    closed = Team.objects.create(key="hr", name="HR", closed=True)
    change_ticket(cast.ticket, {"team": closed, "assignee": None}, actor=None)
    assert queries.latest(cast.ben) == []


def test_customers_and_the_deactivated_are_not_told(cast: Cast) -> None:
    User.objects.filter(pk=cast.cleo.pk).update(is_active=False)
    payload = {"message_id": 1, "user_ids": [cast.ada.pk, cast.cleo.pk]}
    with transaction.atomic():
        record(events.MENTIONED, cast.ticket.pk, actor_id=cast.ben.pk, payload=payload)
    assert told() == set()


def test_c6_an_event_handled_twice_makes_one_notice(cast: Cast) -> None:
    from core.models import Event
    from notifications.consumers import tell_assignee

    cast.assign(cast.ben, by=cast.cleo)
    told()
    tell_assignee(Event.objects.get(kind="ticket.assigned"))
    assert Notice.objects.count() == 1


def test_reading(cast: Cast) -> None:
    notify([cast.ben, cast.cleo.pk], "ticket.replied", "a\nline " + "x" * 400, "/desk/")
    for _ in range(2):
        notify([cast.ben], "ticket.replied", "another", "/desk/")
    assert [queries.unread(user) for user in (cast.ben, cast.cleo, cast.ada)] == [3, 1, 0]
    newest, *_, oldest = queries.latest(cast.ben)
    assert (newest.text, len(oldest.text)) == ("another", 300)
    assert mark_read(cast.cleo, [newest.pk]) == 0  # not hers
    assert mark_read(cast.ben, [newest.pk]) == 1
    assert mark_read(cast.ben) == 2
    assert queries.unread(cast.ben) == 0
    assert queries.unread(cast.cleo) == 1


def test_counting_stops_at_a_hundred(cast: Cast) -> None:
    Notice.objects.bulk_create(Notice(user=cast.ben, kind="ticket.replied", text="t") for _ in range(150))
    assert queries.unread(cast.ben) == 100
    assert [queries.unread_label(count) for count in (0, 7, 99, 100)] == ["", "7", "99", "99+"]


def test_an_unknown_kind_is_refused(cast: Cast) -> None:
    with pytest.raises(UnknownKey):
        notify([cast.ben], "ticket.asigned", "t")


def test_imported_history_tells_nobody(cast: Cast) -> None:
    with transaction.atomic():
        payload: dict[str, Any] = {"assignee_id": [None, cast.ben.pk]}
        record(events.ASSIGNED, cast.ticket.pk, payload=payload, backfill=True)
    assert told() == set()
