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
from people.models import Membership, Team, User
from tests.cast import make_cast
from tickets import events
from tickets.actions import NewTicket, add_message, change_ticket, create_ticket, follow
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)


class Desk:
    """The cast around one ticket of Alice's."""

    def __init__(self) -> None:
        self.cast = make_cast()
        self.ticket = self.cast.ticket(subject="Printer", actor=self.cast.alice)
        self.alice, self.dora, self.lena, self.erik = self.cast.alice, self.cast.dora, self.cast.lena, self.cast.erik

    def assign(self, assignee: User | None, *, by: User | None) -> Ticket:
        self.ticket = change_ticket(self.ticket, {"assignee": assignee}, actor=by)
        return self.ticket


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    from core import bell

    monkeypatch.setattr(bell, "ring", lambda task=bell.TASK: True)
    return Desk()


def told() -> set[tuple[str, str]]:
    """(who, of what) after everything recorded has been handled."""
    run_once()
    return {(notice.user.name, notice.kind) for notice in Notice.objects.select_related("user")}


def test_the_assignee_is_told(desk: Desk) -> None:
    desk.assign(desk.dora, by=desk.lena)
    assert told() == {("Dora", "ticket.assigned")}
    notice = Notice.objects.get()
    assert notice.text == f"Lena assigned #{desk.ticket.number} Printer to you"
    assert notice.url == desk.ticket.get_absolute_url()
    assert (notice.subject_kind, notice.subject_id) == ("ticket", desk.ticket.pk)


def test_who_takes_a_ticket_is_not_told(desk: Desk) -> None:
    desk.assign(desk.dora, by=desk.dora)
    desk.assign(None, by=desk.lena)
    assert told() == set()


def test_a_ticket_opened_for_somebody_tells_them(desk: Desk) -> None:
    new = NewTicket(requester=desk.alice, subject="{who} & {ticket}", body="b", channel="portal", assignee=desk.dora)
    ticket = create_ticket(new, actor=desk.lena)
    assert told() == {("Dora", "ticket.assigned")}
    assert Notice.objects.get().text == f"Lena assigned #{ticket.number} {{who}} & {{ticket}} to you"


def test_a_customers_reply_tells_assignee_and_followers(desk: Desk) -> None:
    desk.assign(desk.dora, by=desk.dora)
    follow(desk.ticket, actor=desk.lena, on=True)
    add_message(desk.ticket, actor=desk.alice, body="secret-body", channel="portal")
    assert told() == {("Dora", "ticket.replied"), ("Lena", "ticket.replied")}
    assert not Notice.objects.filter(text__contains="secret-body").exists()


def test_what_staff_write_is_no_customers_reply(desk: Desk) -> None:
    desk.assign(desk.dora, by=desk.dora)
    add_message(desk.ticket, actor=desk.lena, body="Hello", channel="web")
    add_message(desk.ticket, actor=desk.lena, body="A note", visibility="internal", channel="web")
    assert told() == set()


def test_the_mentioned_are_told_the_writer_is_not(desk: Desk) -> None:
    add_message(desk.ticket, actor=desk.dora, body="@lena @dora look", visibility="internal", channel="web")
    assert told() == {("Lena", "ticket.mentioned")}


def test_nobody_is_told_of_a_ticket_they_may_not_see(desk: Desk) -> None:
    closed = Team.objects.create(key="hr", name="HR", closed=True)
    Membership.objects.create(team=closed, user=desk.dora)
    Membership.objects.create(team=closed, user=desk.lena)
    follow(desk.ticket, actor=desk.erik, on=True)
    desk.ticket = change_ticket(desk.ticket, {"team": closed, "assignee": desk.dora}, actor=desk.dora)
    note = "@erik @lena look"
    add_message(desk.ticket, actor=desk.dora, body=note, visibility="internal", channel="web")
    add_message(desk.ticket, actor=desk.alice, body="Any news?", channel="portal")
    assert told() == {("Lena", "ticket.mentioned"), ("Dora", "ticket.replied")}


def test_a_notice_disappears_with_the_right_to_see_its_ticket(desk: Desk) -> None:
    desk.assign(desk.dora, by=desk.lena)
    told()
    assert len(queries.latest(desk.dora)) == 1
    closed = Team.objects.create(key="hr", name="HR", closed=True)
    change_ticket(desk.ticket, {"team": closed, "assignee": None}, actor=None)
    assert queries.latest(desk.dora) == []


def test_customers_and_the_deactivated_are_not_told(desk: Desk) -> None:
    User.objects.filter(pk=desk.lena.pk).update(is_active=False)
    payload = {"message_id": 1, "user_ids": [desk.alice.pk, desk.lena.pk]}
    with transaction.atomic():
        record(events.MENTIONED, desk.ticket.pk, actor_id=desk.dora.pk, payload=payload)
    assert told() == set()


def test_c6_an_event_handled_twice_makes_one_notice(desk: Desk) -> None:
    from core.models import Event
    from notifications.consumers import tell_assignee

    desk.assign(desk.dora, by=desk.lena)
    told()
    tell_assignee(Event.objects.get(kind="ticket.assigned"))
    assert Notice.objects.count() == 1


def test_reading(desk: Desk) -> None:
    notify([desk.dora, desk.lena.pk], "ticket.replied", "a\nline " + "x" * 400, "/desk/")
    for _ in range(2):
        notify([desk.dora], "ticket.replied", "another", "/desk/")
    assert [queries.unread(user) for user in (desk.dora, desk.lena, desk.alice)] == [3, 1, 0]
    newest, *_, oldest = queries.latest(desk.dora)
    assert (newest.text, len(oldest.text)) == ("another", 300)
    assert mark_read(desk.lena, [newest.pk]) == 0  # not hers
    assert mark_read(desk.dora, [newest.pk]) == 1
    assert mark_read(desk.dora) == 2
    assert queries.unread(desk.dora) == 0
    assert queries.unread(desk.lena) == 1


def test_counting_stops_at_a_hundred(desk: Desk) -> None:
    Notice.objects.bulk_create(Notice(user=desk.dora, kind="ticket.replied", text="t") for _ in range(150))
    assert queries.unread(desk.dora) == 100
    assert [queries.unread_label(count) for count in (0, 7, 99, 100)] == ["", "7", "99", "99+"]


def test_an_unknown_kind_is_refused(desk: Desk) -> None:
    with pytest.raises(UnknownKey):
        notify([desk.dora], "ticket.asigned", "t")


def test_imported_history_tells_nobody(desk: Desk) -> None:
    with transaction.atomic():
        payload: dict[str, Any] = {"assignee_id": [None, desk.dora.pk]}
        record(events.ASSIGNED, desk.ticket.pk, payload=payload, backfill=True)
    assert told() == set()
