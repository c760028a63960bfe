"""Two people at the same time: one wins, the other is told, and nothing is lost."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from core.errors import Conflict, DomainError
from core.models import Event
from tests.cast import make_cast
from tickets import actions
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """Do all of it at the same moment, each in a thread with a connection of its own; results or domain errors."""
    barrier = threading.Barrier(len(deeds))

    def work(deed: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return deed()
        except DomainError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(work, deeds))


def test_of_eight_who_change_one_field_one_wins_and_seven_are_told() -> None:
    cast = make_cast()
    ticket = cast.ticket()

    def change(subject: str) -> Callable[[], object]:
        return lambda: actions.change_ticket(ticket, {"subject": subject}, actor=cast.dora, version=ticket.version)

    results = at_once(*(change(f"Subject {number}") for number in range(8)))
    told = [result for result in results if isinstance(result, Conflict)]
    (winner,) = (result for result in results if isinstance(result, Ticket))
    assert len(told) == 7 and {error.code for error in told} == {"stale"}
    assert Ticket.objects.get(pk=ticket.pk).subject == winner.subject
    assert Event.objects.filter(kind="ticket.changed").count() == 1


def test_changes_of_different_fields_and_messages_all_arrive() -> None:
    cast = make_cast()
    ticket = cast.ticket()
    seen = ticket.version
    results = at_once(
        lambda: actions.change_ticket(ticket, {"priority": "high"}, actor=cast.dora, version=seen),
        lambda: actions.change_ticket(ticket, {"type": "incident"}, actor=cast.lena, version=seen),
        lambda: actions.change_ticket(ticket, {"assignee": cast.dora}, actor=cast.mara, version=seen),
        lambda: actions.change_ticket(ticket, {"add_tags": ["one"]}, actor=cast.erik, version=seen),
        lambda: actions.add_message(ticket, actor=cast.alice, body="from the customer", channel="portal"),
        lambda: actions.add_message(ticket, actor=cast.dora, body="from us", channel="web"),
    )
    assert not [result for result in results if isinstance(result, DomainError)]
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert (ticket.priority, ticket.type, ticket.assignee, ticket.status) == ("high", "incident", cast.dora, "open")
    assert [tag.name for tag in ticket.tags.all()] == ["one"]
    assert ticket.messages.count() == 3
    assert ticket.first_responded_at and ticket.last_customer_message_at


def test_two_who_solve_and_a_customer_who_writes() -> None:
    cast = make_cast()
    ticket = cast.ticket()
    at_once(
        lambda: actions.change_ticket(ticket, {"status": "solved"}, actor=cast.dora),
        lambda: actions.change_ticket(ticket, {"status": "solved"}, actor=cast.lena),
        lambda: actions.add_message(ticket, actor=cast.alice, body="wait", channel="portal"),
    )
    ticket = Ticket.objects.get(pk=ticket.pk)
    steps = Event.objects.filter(kind="ticket.status_changed").order_by("id").values_list("payload", flat=True)
    assert [step["to"] for step in steps] in (["solved"], ["solved", "open"], ["solved", "open", "solved"])
    assert steps.reverse()[0]["to"] == ticket.status
    assert (ticket.solved_at is not None) == (ticket.status == "solved")
    assert ticket.messages.count() == 2


def test_a_merge_and_replies_to_both_lose_no_word_and_do_not_wait_for_each_other_for_ever() -> None:
    cast = make_cast()
    first, second = cast.ticket(), cast.ticket()
    results = at_once(
        lambda: actions.merge_tickets(first, second, actor=cast.dora),
        lambda: actions.merge_tickets(second, first, actor=cast.lena),
        lambda: actions.add_message(first, actor=cast.alice, body="one", channel="portal"),
        lambda: actions.add_message(second, actor=cast.alice, body="two", channel="portal"),
    )
    assert len([result for result in results if isinstance(result, Conflict)]) == 1  # one of the merges
    merged = Ticket.objects.exclude(merged_into=None).get()
    alive = merged.merged_into
    assert alive is not None and alive.merged_into is None
    said = set()
    for ticket in Ticket.objects.all():
        said |= set(ticket.messages.filter(visibility="public").values_list("body", flat=True))
    assert {"one", "two"} <= said
