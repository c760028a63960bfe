"""Deferred deliveries: once, in order, with back-off, ending in a dead letter."""

import logging
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from core import context, dispatch
from core.actions import retry_deliveries
from core.errors import NotAllowed
from core.event_log import EventKind, NewEvent, record, record_many
from core.events import DELIVERY_RETRIED
from core.models import Delivery, Event
from core.testing import consuming
from tests.core.conftest import due_now, let_leases_run_out
from tests.core.world import Effects

pytestmark = pytest.mark.filterwarnings("error")


def fails(event: Event) -> None:
    """A consumer that writes and then fails."""
    Effects.add(event)
    raise ValueError("no")


def recorded(kind: EventKind, *subjects: int) -> list[Event]:
    """Events of these subjects, committed."""
    with transaction.atomic():
        return record_many([NewEvent(kind, subject) for subject in subjects])


def test_a_delivery_is_gone_with_its_effect(effects: type[Effects], happened: EventKind) -> None:
    with consuming(Effects.add, kinds=[happened]):
        (event,) = recorded(happened, 1)
        assert dispatch.run_once().done == 1
        assert dispatch.run_once().done == 0
    assert effects.all() == [(event.pk, 1)]
    assert not Delivery.objects.exists()


def test_the_consumer_works_under_the_events_correlation_id(effects: type[Effects], happened: EventKind) -> None:
    seen: list[tuple[str, str]] = []
    with consuming(lambda event: seen.append((context.correlation_id(), context.channel())), kinds=[happened]):
        with context.bind(correlation_id="from-a-request", channel="portal"):
            recorded(happened, 1)
        dispatch.run_once()
    assert seen == [("from-a-request", "system")]


def test_a_failure_leaves_no_trace_but_its_error(effects: type[Effects], happened: EventKind) -> None:
    with consuming(fails, kinds=[happened]):
        recorded(happened, 1)
        assert dispatch.run_once().failed == 1
        assert dispatch.run_once().failed == 0, "it backs off"
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.last_error) == ("waiting", 1, "ValueError: no")
    assert delivery.lease_token is None
    with connection.cursor() as cursor:
        cursor.execute("SELECT next_attempt_at - statement_timestamp() FROM core_delivery")
        assert timedelta(seconds=3) < cursor.fetchone()[0] <= timedelta(seconds=6)
    assert effects.all() == []


def test_one_that_backs_off_holds_up_its_own_subject_only(effects: type[Effects], happened: EventKind) -> None:
    def fails_on_one(event: Event) -> None:
        Effects.add(event)
        if event.pk == first.pk and not mended:
            raise ValueError("no")

    mended = False
    with consuming(fails_on_one, kinds=[happened]):
        first, behind, other = recorded(happened, 1, 1, 2)
        assert dispatch.run_once().done == 1
        assert effects.all() == [(other.pk, 2)]
        due = set(Delivery.objects.values_list("next_attempt_at", flat=True))
        assert len(due) == 1, "what waits behind it is not looked at before it is due"
        mended = True
        due_now()
        assert dispatch.run_once().done == 2
    assert effects.all() == [(other.pk, 2), (first.pk, 1), (behind.pk, 1)]


def test_after_the_last_attempt_it_is_a_dead_letter_that_blocks_nothing(
    effects: type[Effects], happened: EventKind, settings: pytest.FixtureRequest
) -> None:
    settings.DELIVERY_MAX_ATTEMPTS = 2  # type: ignore[attr-defined]

    def fails_on_first(event: Event) -> None:
        if event.pk == first.pk:
            raise ValueError("never")
        Effects.add(event)

    with consuming(fails_on_first, kinds=[happened]):
        first, second = recorded(happened, 1, 1)
        dispatch.run_once()
        due_now()
        summary = dispatch.run_once()
    assert (summary.dead, summary.done) == (1, 1)
    assert Delivery.objects.dead().get().event_id == first.pk
    assert effects.all() == [(second.pk, 1)]


def test_a_retried_dead_letter_runs_again_and_the_retry_is_on_record(
    effects: type[Effects], happened: EventKind, rings: list[str]
) -> None:
    with consuming(Effects.add, kinds=[happened]):
        (event,) = recorded(happened, 1)
        Delivery.objects.update(state="dead", attempts=8, crashes=2, last_error="ValueError: no")
        assert dispatch.run_once().done == 0
        rings.clear()
        delivery = Delivery.objects.get()
        assert retry_deliveries(actor=None, ids=[delivery.pk, 10**9]) == 1
        assert rings == ["core.dispatch_events"]
        assert dispatch.run_once().done == 1
    assert effects.all() == [(event.pk, 1)]
    retried = Event.objects.get(kind=DELIVERY_RETRIED.name)
    assert (retried.subject_kind, retried.subject_id, retried.actor_id) == ("delivery", delivery.pk, None)
    assert retried.payload["last_error"] == "ValueError: no"


def test_only_an_admin_may_retry(effects: type[Effects], happened: EventKind) -> None:
    class Agent:
        pk, is_active = 1, True

        def has_perm(self, perm: str, /) -> bool:
            return False

    with consuming(Effects.add, kinds=[happened]):
        recorded(happened, 1)
    Delivery.objects.update(state="dead")
    with pytest.raises(NotAllowed):
        retry_deliveries(actor=Agent(), ids=[Delivery.objects.get().pk])
    assert Delivery.objects.get().state == "dead"
    assert Event.objects.count() == 1


def test_an_unknown_consumer_ends_visibly(effects: type[Effects], happened: EventKind) -> None:
    with consuming(Effects.add, kinds=[happened], name="tests.removed"):
        recorded(happened, 1)
    assert dispatch.run_once().failed == 1
    assert "tests.removed" in Delivery.objects.get().last_error


def test_never_two_of_a_subject_at_a_time(effects: type[Effects], happened: EventKind) -> None:
    with consuming(Effects.add, kinds=[happened]):
        recorded(happened, 1, 1, 2)
    leases = [dispatch.claim(), dispatch.claim(), dispatch.claim()]
    assert [lease is None for lease in leases] == [False, False, True]
    assert set(Delivery.objects.leased().values_list("subject_id", flat=True)) == {1, 2}


def test_one_that_commits_late_is_not_missed(effects: type[Effects], happened: EventKind) -> None:
    """Ids commit out of order: the lower one becomes visible after the higher one has been handled."""
    with consuming(Effects.add, kinds=[happened]):
        recording, go_on = threading.Event(), threading.Event()
        early: list[Event] = []

        def slow() -> None:
            with transaction.atomic():
                early.append(record(happened, 1))
                recording.set()
                go_on.wait(10)
            connection.close()

        thread = threading.Thread(target=slow)
        thread.start()
        recording.wait(10)
        (late,) = recorded(happened, 1)
        assert dispatch.run_once().done == 1
        go_on.set()
        thread.join(10)
        assert dispatch.run_once().done == 1
    assert early[0].pk < late.pk
    assert effects.all() == [(late.pk, 1), (early[0].pk, 1)]


def test_many_dispatchers_share_the_work_in_order(effects: type[Effects], happened: EventKind) -> None:
    def work() -> None:
        while dispatch.run_once().done or Delivery.objects.exists():
            pass
        connection.close()

    with consuming(Effects.add, kinds=[happened]):
        events = recorded(happened, *(n % 7 for n in range(70)))
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert sorted(effects.all()) == [(event.pk, event.subject_id) for event in events]
    for subject in range(7):
        mine = [event for event, about in effects.all() if about == subject]
        assert mine == sorted(mine)


def test_a_lost_lease_is_taken_back_and_its_late_worker_changes_nothing(
    effects: type[Effects], happened: EventKind, caplog: pytest.LogCaptureFixture
) -> None:
    with consuming(Effects.add, kinds=[happened]), caplog.at_level(logging.CRITICAL):
        recorded(happened, 1)
        slow = dispatch.claim()
        assert slow is not None
        let_leases_run_out()
        summary = dispatch.run_once()
        assert (summary.recovered, summary.done) == (1, 1)
        assert dispatch.handle(slow) is dispatch.Outcome.LOST
    assert len(effects.all()) == 1


def test_a_slow_consumer_keeps_its_lease(effects: type[Effects], happened: EventKind) -> None:
    outcome: list[tuple[int, int]] = []

    def slow(event: Event) -> None:
        Delivery.objects.filter(event=event).update(leased_until="2020-01-01T00:00:00Z")
        thread = threading.Thread(target=other_worker)
        thread.start()
        thread.join(10)
        Effects.add(event)

    def other_worker() -> None:
        outcome.append(dispatch.take_back_lost_leases())
        connection.close()

    with consuming(slow, kinds=[happened]):
        recorded(happened, 1)
        assert dispatch.run_once().done == 1
    assert outcome == [(0, 0)]
    assert len(effects.all()) == 1


def test_a_round_can_be_limited_in_number_and_time(effects: type[Effects], happened: EventKind) -> None:
    with consuming(Effects.add, kinds=[happened]):
        recorded(happened, 1, 2, 3)
        assert dispatch.run_once(deadline=0).done == 0
        limited = dispatch.run_once(limit=2)
        assert (limited.done, limited.more) == (2, True)
        rest = dispatch.run_once()
        assert (rest.done, rest.more) == (1, False)


@given(attempts=st.integers(1, 50))
def test_pauses_grow_and_stay_within_bounds(attempts: int) -> None:
    step = dispatch.BACKOFF_SECONDS[min(attempts, len(dispatch.BACKOFF_SECONDS)) - 1]
    assert step * 0.8 <= dispatch.backoff(attempts).total_seconds() <= step * 1.2
    assert list(dispatch.BACKOFF_SECONDS) == sorted(dispatch.BACKOFF_SECONDS)
