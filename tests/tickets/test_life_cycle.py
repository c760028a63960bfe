"""The life cycle: every step of the table, and what replies do."""

import pytest

from core.errors import Conflict, NotAllowed
from core.models import Event
from tests.cast import Cast
from tickets import actions, lifecycle
from tickets.models import Status, Ticket


def _bring(cast: Cast, status: str) -> Ticket:
    ticket = cast.ticket()
    steps = {"new": [], "closed": ["solved", "closed"]}.get(status, [status])
    for step in steps:
        ticket = actions.change_ticket(ticket, {"status": step}, actor=cast.dora)
    return ticket


@pytest.mark.parametrize("before", Status.values)
@pytest.mark.parametrize("after", Status.values)
def test_every_step_is_allowed_or_refused_as_the_table_says(cast: Cast, before: str, after: str) -> None:
    ticket = _bring(cast, before)
    assert ticket.shown_status == before
    allowed = after in lifecycle.TRANSITIONS[Status(before)]
    if allowed:
        ticket = actions.change_ticket(ticket, {"status": after}, actor=cast.dora)
        assert ticket.shown_status == after
        last = Event.objects.about("ticket", ticket.pk).order_by("-id")[0]
        assert (last.kind, last.payload["from"], last.payload["to"]) == ("ticket.status_changed", before, after)
    elif before == after:
        events = Event.objects.count()
        actions.change_ticket(ticket, {"status": after}, actor=cast.dora)
        assert Event.objects.count() == events
    else:
        with pytest.raises(Conflict):
            actions.change_ticket(ticket, {"status": after}, actor=cast.dora)
        ticket.refresh_from_db()
        assert ticket.shown_status == before


def test_moments_follow_the_status(cast: Cast) -> None:
    ticket = _bring(cast, "solved")
    assert ticket.solved_at and not ticket.closed_at
    ticket = actions.change_ticket(ticket, {"status": "open"}, actor=cast.dora)
    assert ticket.solved_at is None
    assert ticket.reopen_count == 1


def test_pending_and_back_does_not_lose_an_escalation(cast: Cast) -> None:
    ticket = _bring(cast, "escalated")
    ticket = actions.change_ticket(ticket, {"status": "pending"}, actor=cast.dora)
    assert ticket.shown_status == "pending"
    actions.add_message(ticket, actor=cast.alice, body="Here you are", channel="portal")
    ticket.refresh_from_db()
    assert ticket.shown_status == "escalated"


def test_staffs_first_public_reply_opens_and_stamps_the_first_response(cast: Cast) -> None:
    ticket = cast.ticket()
    actions.add_message(ticket, actor=cast.dora, body="Looking", visibility="internal", channel="web")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.first_responded_at) == ("new", None)
    reply = actions.add_message(ticket, actor=cast.dora, body="Try this", channel="web")
    second = actions.add_message(ticket, actor=cast.dora, body="And that", channel="web")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.first_responded_at) == ("open", reply.created_at)
    assert ticket.last_agent_message_at == second.created_at
    firsts = [e.payload["first_response"] for e in Event.objects.filter(kind="message.added").order_by("id")]
    assert firsts == [False, True, False]


@pytest.mark.parametrize("status", ["pending", "on_hold", "solved"])
def test_a_customers_reply_brings_the_ticket_back(cast: Cast, status: str) -> None:
    ticket = _bring(cast, status)
    actions.add_message(ticket, actor=cast.alice, body="Still broken", channel="portal")
    ticket.refresh_from_db()
    assert ticket.status == "open"
    assert ticket.reopen_count == (1 if status == "solved" else 0)


def test_a_reply_to_a_closed_ticket_opens_a_follow_up(cast: Cast) -> None:
    closed = _bring(cast, "closed")
    message = actions.add_message(closed, actor=cast.alice, body="It is back", channel="portal", client_token="x")
    again = actions.add_message(closed, actor=cast.alice, body="It is back", channel="portal", client_token="x")
    assert message.ticket.follow_up_of == closed
    assert again.ticket == message.ticket
    closed.refresh_from_db()
    assert closed.status == "closed"
    assert closed.links_in.get().source == message.ticket


def test_staff_cannot_write_into_a_closed_ticket(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        actions.add_message(_bring(cast, "closed"), actor=cast.dora, body="x", channel="web")


def test_send_and_set_pending_is_one_step(cast: Cast) -> None:
    ticket = cast.ticket()
    actions.add_message(ticket, actor=cast.dora, body="Which shop?", channel="web", then_status="pending")
    ticket.refresh_from_db()
    assert ticket.status == "pending"


def test_customers_may_solve_and_reopen_only(cast: Cast) -> None:
    ticket = cast.ticket()
    with pytest.raises(NotAllowed):
        actions.change_ticket(ticket, {"status": "pending"}, actor=cast.alice)
    ticket = actions.change_ticket(ticket, {"status": "solved"}, actor=cast.alice)
    with pytest.raises(NotAllowed):
        actions.change_ticket(ticket, {"status": "closed"}, actor=cast.alice)
    assert actions.change_ticket(ticket, {"status": "open"}, actor=cast.alice).status == "open"
    with pytest.raises(NotAllowed):
        actions.change_ticket(ticket, {"priority": "critical"}, actor=cast.alice)
