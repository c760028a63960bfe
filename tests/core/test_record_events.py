"""What may be recorded, and at what cost."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import context
from core.event_log import EventKind, NewEvent, event_kind, record, record_many
from core.models import Delivery, Event
from core.payloads import clean
from core.registry import DuplicateKey, UnknownKey
from core.testing import consuming


def ignore(event: Event) -> None:
    """A consumer without effect."""


def test_an_event_says_what_when_who_and_from_where(db: None, happened: EventKind) -> None:
    with context.bind(correlation_id="abcdefgh", channel="api"):
        event = record(happened, 7, actor_id=3, payload={"n": 1})
    kept = Event.objects.get(pk=event.pk)
    assert (kept.kind, kept.subject_kind, kept.subject_id) == ("tests.happened", "thing", 7)
    assert (kept.actor_id, kept.channel, kept.correlation_id, kept.payload) == (3, "api", "abcdefgh", {"n": 1})
    assert kept.occurred_at == kept.recorded_at


def test_the_history_of_a_subject_is_in_order(db: None, happened: EventKind) -> None:
    first, _, second = record_many([NewEvent(happened, 1), NewEvent(happened, 2), NewEvent(happened, 1)])
    assert list(Event.objects.about("thing", 1)) == [first, second]


def test_recording_needs_a_transaction(transactional_db: None, happened: EventKind) -> None:
    with pytest.raises(RuntimeError, match="atomic"):
        record(happened, 1)
    assert not Event.objects.exists()


def test_undeclared_payload_keys_are_refused(db: None, happened: EventKind) -> None:
    with pytest.raises(ValueError, match="not declared: body"):
        record(happened, 1, payload={"n": 1, "body": "secret"})
    assert not Event.objects.exists()


def test_unknown_kinds_are_refused_with_near_matches(db: None, happened: EventKind) -> None:
    with pytest.raises(UnknownKey, match=r"did you mean tests\.happened"):
        record("tests.hapened", 1)


def test_two_kinds_of_one_name_are_refused(happened: EventKind) -> None:
    with pytest.raises(DuplicateKey):
        event_kind(happened.name, subject="thing", label="Again")


@pytest.mark.parametrize(
    "value",
    [object(), float("nan"), float("inf"), b"bytes", {1: "number as key"}, datetime(2026, 1, 1)],  # noqa: DTZ001
)
def test_values_that_are_not_raw_are_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError), match=r"tests\.n"):
        clean(value, "tests.n")


def test_moments_and_decimals_become_json() -> None:
    moment = datetime(2026, 11, 21, 9, tzinfo=timezone(timedelta(hours=1)))
    cleaned = clean({"at": moment, "sum": Decimal("1.50"), "took": timedelta(minutes=1), "tags": {"b", "a"}}, "x")
    assert cleaned == {"at": "2026-11-21T08:00:00+00:00", "sum": "1.50", "took": 60.0, "tags": ["a", "b"]}


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-1000, 1000, width=16) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=anything)
def test_whatever_is_cleaned_can_be_stored(db: None, happened: EventKind, value: object) -> None:
    event = record(happened, 1, payload={"n": value})
    assert Event.objects.values_list("payload", flat=True).get(pk=event.pk) == json.loads(json.dumps(event.payload))


def test_nul_bytes_and_half_surrogates_are_made_storable(db: None, happened: EventKind) -> None:
    event = record(happened, 1, payload={"n": "a\x00b\ud800c"})
    event.refresh_from_db()
    assert event.payload == {"n": "ab\ufffdc"}


def test_a_batch_costs_two_inserts(db: None, happened: EventKind) -> None:
    with (
        consuming(ignore, kinds=[happened], name="a"),
        consuming(ignore, kinds=[happened], name="b"),
        CaptureQueriesContext(connection) as queries,
    ):
        events = record_many([NewEvent(happened, n, payload={"n": n}) for n in range(500)])
    assert [query["sql"].split('"')[1] for query in queries] == ["core_event", "core_delivery"]
    assert Delivery.objects.count() == 1000
    assert [event.subject_id for event in events] == list(range(500))


def test_history_is_recorded_but_reaches_only_those_who_asked(db: None, happened: EventKind, rings: list[str]) -> None:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    seen: list[Event] = []
    with (
        consuming(ignore, kinds=[happened], name="mail"),
        consuming(seen.append, kinds=[happened], name="clock", inline=True),
        consuming(ignore, kinds=[happened], name="rollup", on_backfill=True),
    ):
        event = record(happened, 1, occurred_at=long_ago, backfill=True)
    assert (event.occurred_at, event.backfill) == (long_ago, True)
    assert [delivery.consumer for delivery in Delivery.objects.all()] == ["rollup"]
    assert not seen


def test_a_rolled_back_change_leaves_no_event(transactional_db: None, happened: EventKind, rings: list[str]) -> None:
    with consuming(ignore, kinds=[happened]), pytest.raises(ZeroDivisionError), transaction.atomic():
        record(happened, 1)
        raise ZeroDivisionError
    assert not Event.objects.exists()
    assert not Delivery.objects.exists()
    assert rings == []
