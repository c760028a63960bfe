"""Inline consumers run with the change; a failing one never costs the change."""

import pytest
from django.db import InterfaceError, OperationalError, connection, transaction

from core import dispatch
from core.event_log import EventKind, NewEvent, record, record_many
from core.models import Delivery, Event
from core.testing import consuming
from tests.core.world import Effects


def test_it_sees_the_event_before_the_commit(db: None, happened: EventKind, rings: list[str]) -> None:
    seen: list[Event] = []
    with consuming(seen.append, kinds=[happened], inline=True):
        event = record(happened, 1, payload={"n": 5})
    assert seen == [event]
    assert not Delivery.objects.exists()


def test_a_failing_one_becomes_a_visible_delivery(
    effects: type[Effects], happened: EventKind, rings: list[str]
) -> None:
    def fails(event: Event) -> None:
        Effects.add(event)
        raise ValueError("no policy matches\x00")

    with consuming(fails, kinds=[happened], inline=True, name="tests.clocks"), transaction.atomic():
        event = record(happened, 1)
    assert Event.objects.get() == event
    assert effects.all() == []
    delivery = Delivery.objects.get()
    assert (delivery.consumer, delivery.state, delivery.attempts) == ("tests.clocks", "waiting", 0)
    assert delivery.last_error == "ValueError: no policy matches"
    assert rings == ["core.dispatch_events"]


def test_a_database_error_inside_is_contained(effects: type[Effects], happened: EventKind) -> None:
    def fails(event: Event) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    with consuming(fails, kinds=[happened], inline=True), transaction.atomic():
        record(happened, 1)
    assert "division by zero" in Delivery.objects.get().last_error


def test_what_was_deferred_is_done_later(effects: type[Effects], happened: EventKind) -> None:
    broken = True

    def sometimes(event: Event) -> None:
        if broken:
            raise ValueError("not yet")
        Effects.add(event)

    with consuming(sometimes, kinds=[happened], inline=True):
        with transaction.atomic():
            first = record(happened, 1)
        broken = False
        with transaction.atomic():
            second, other = record_many([NewEvent(happened, 1), NewEvent(happened, 2)])
        # The second waits behind the first: order holds. Another subject is not concerned.
        assert effects.all() == [(other.pk, 2)]
        assert dispatch.run_once().done == 2
    assert effects.all() == [(other.pk, 2), (first.pk, 1), (second.pk, 1)]


def test_a_lost_connection_is_not_swallowed(effects: type[Effects], happened: EventKind) -> None:
    def cut(event: Event) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with (
        consuming(cut, kinds=[happened], inline=True),
        pytest.raises((OperationalError, InterfaceError)),
        transaction.atomic(),
    ):
        record(happened, 1)
    assert not Event.objects.exists()


def test_two_that_set_each_other_off_end_deferred(effects: type[Effects], happened: EventKind) -> None:
    def again(event: Event) -> None:
        Effects.add(event)
        record(happened, event.subject_id + 1)

    with consuming(again, kinds=[happened], inline=True), transaction.atomic():
        record(happened, 1)
    assert len(effects.all()) == 8
    assert "set each other off" in Delivery.objects.get().last_error
