"""Changing fields: versions against lost updates, assignment, tags, custom fields, bulk."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.errors import Conflict, Invalid, NotFound
from core.models import Event
from tests.cast import Cast
from tickets import actions
from tickets.models import Category, CustomField, Ticket


def test_a_stale_change_of_the_same_field_is_refused(cast: Cast) -> None:
    ticket = cast.ticket()
    seen = ticket.version
    actions.change_ticket(ticket, {"priority": "high"}, actor=cast.dora, version=seen)
    with pytest.raises(Conflict) as error:
        actions.change_ticket(ticket, {"priority": "low"}, actor=cast.lena, version=seen)
    assert error.value.data["changed"] == ["priority"]
    ticket.refresh_from_db()
    assert ticket.priority == "high"


def test_a_change_of_another_field_is_not_a_conflict(cast: Cast) -> None:
    ticket = cast.ticket()
    seen = ticket.version
    actions.change_ticket(ticket, {"priority": "high"}, actor=cast.dora, version=seen)
    ticket = actions.change_ticket(ticket, {"type": "incident"}, actor=cast.lena, version=seen)
    assert (ticket.priority, ticket.type, ticket.version) == ("high", "incident", seen + 2)


def test_a_message_makes_nobodys_change_stale(cast: Cast) -> None:
    ticket = cast.ticket()
    seen = ticket.version
    actions.add_message(ticket, actor=cast.alice, body="more", channel="portal")
    assert actions.change_ticket(ticket, {"priority": "high"}, actor=cast.dora, version=seen).priority == "high"


def test_every_change_is_in_the_history_old_before_new(cast: Cast) -> None:
    category = Category.objects.create(key="shop", name="Shop")
    ticket = cast.ticket()
    actions.change_ticket(
        ticket,
        {"priority": "high", "category": category, "team": cast.support, "assignee": cast.dora, "add_tags": ["VIP "]},
        actor=cast.lena,
    )
    found = {e.kind: e for e in Event.objects.about("ticket", ticket.pk)}
    assert found["ticket.changed"].payload == {
        "changes": {"priority": ["normal", "high"], "category": [None, category.pk]}
    }
    assert found["ticket.assigned"].payload == {
        "team_id": [None, cast.support.pk],
        "assignee_id": [None, cast.dora.pk],
    }
    assert found["ticket.tagged"].payload == {"added": ["vip"], "removed": []}
    assert {e.actor_id for e in found.values() if e.kind != "ticket.created"} == {cast.lena.pk}


def test_no_change_records_nothing(cast: Cast) -> None:
    ticket = actions.change_ticket(cast.ticket(), {"priority": "high"}, actor=cast.dora)
    before = Event.objects.count()
    again = actions.change_ticket(ticket, {"priority": "high", "tags": []}, actor=cast.dora)
    assert (Event.objects.count(), again.version) == (before, ticket.version)


def test_all_mistakes_are_told_at_once(cast: Cast) -> None:
    with pytest.raises(Invalid) as error:
        actions.change_ticket(
            cast.ticket(), {"status": "gone", "priority": 7, "subject": "", "number": 1}, actor=cast.dora
        )
    assert set(error.value.fields) == {"status", "priority", "subject", "number"}


def test_tickets_are_assigned_to_active_staff(cast: Cast) -> None:
    with pytest.raises(Invalid):
        actions.change_ticket(cast.ticket(), {"assignee": cast.charlie}, actor=cast.dora)
    with pytest.raises(Invalid):
        actions.change_ticket(cast.ticket(), {"assignee": cast.dora, "team": cast.legal}, actor=cast.dora)


def test_a_closed_teams_tickets_go_to_its_members_only(cast: Cast) -> None:
    ticket = actions.change_ticket(cast.ticket(), {"team": cast.legal}, actor=cast.mara)
    with pytest.raises(Invalid) as error:
        actions.change_ticket(ticket, {"assignee": cast.dora}, actor=cast.mara)
    assert list(error.value.fields) == ["assignee"]
    with pytest.raises(Invalid):
        cast.ticket(actor=cast.mara, team=cast.legal, assignee=cast.dora)
    assert actions.change_ticket(ticket, {"assignee": cast.erik}, actor=cast.mara).assignee == cast.erik


def test_moving_to_a_team_frees_an_assignee_who_is_not_in_it(cast: Cast) -> None:
    ticket = actions.change_ticket(cast.ticket(), {"team": cast.support, "assignee": cast.dora}, actor=cast.lena)
    ticket = actions.change_ticket(ticket, {"team": cast.legal}, actor=cast.dora)
    assert ticket.assignee is None
    with pytest.raises(NotFound):
        actions.change_ticket(ticket, {"priority": "high"}, actor=cast.dora)


def test_custom_fields_are_checked_merged_and_guarded_each(cast: Cast) -> None:
    CustomField.objects.create(key="device", label="Device", kind="text")
    CustomField.objects.create(key="shops", label="Shops", kind="multi_choice", choices=["ebay", "etsy"])
    ticket = cast.ticket()
    seen = ticket.version
    actions.change_ticket(ticket, {"fields": {"device": "iPhone"}}, actor=cast.dora, version=seen)
    ticket = actions.change_ticket(ticket, {"fields": {"shops": ["etsy"]}}, actor=cast.lena, version=seen)
    assert ticket.fields == {"device": "iPhone", "shops": ["etsy"]}
    with pytest.raises(Conflict):
        actions.change_ticket(ticket, {"fields": {"device": "Pixel"}}, actor=cast.lena, version=seen)
    with pytest.raises(Invalid) as error:
        actions.change_ticket(ticket, {"fields": {"shops": ["amazon"], "nope": 1}}, actor=cast.dora)
    assert set(error.value.fields) == {"fields.shops", "fields.nope"}
    assert actions.change_ticket(ticket, {"fields": {"device": None}}, actor=cast.dora).fields == {"shops": ["etsy"]}


def test_bulk_is_all_or_none(cast: Cast) -> None:
    tickets = [cast.ticket() for _ in range(3)]
    actions.change_ticket(tickets[1], {"status": "solved"}, actor=cast.dora)
    closed = actions.change_ticket(tickets[1], {"status": "closed"}, actor=cast.dora)
    with pytest.raises(Conflict):
        actions.change_tickets([t.pk for t in tickets], {"priority": "high"}, actor=cast.dora)
    assert not Ticket.objects.filter(priority="high").exists()
    open_ones = [t.pk for t in tickets if t.pk != closed.pk]
    actions.change_tickets(open_ones, {"priority": "high"}, actor=cast.dora)
    assert Ticket.objects.filter(priority="high").count() == 2


def test_bulk_takes_a_fixed_number_of_statements(cast: Cast) -> None:
    def statements(count: int) -> int:
        ids = [cast.ticket().pk for _ in range(count)]
        with CaptureQueriesContext(connection) as captured:
            actions.change_tickets(ids, {"priority": "high", "assignee": cast.dora, "add_tags": ["t"]}, actor=cast.lena)
        return len(captured)

    statements(2)
    assert statements(30) == statements(2)
