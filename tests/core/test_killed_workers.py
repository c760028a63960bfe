"""Workers killed at five points, and an event that kills its worker each time."""

import signal

import pytest
from django.db import transaction

from core import dispatch
from core.event_log import EventKind, NewEvent, record_many
from core.models import Delivery, Event
from core.testing import consuming
from tests.core.conftest import let_leases_run_out
from tests.core.worker import POINTS
from tests.core.world import Effects, start_worker


@pytest.fixture
def events(effects: type[Effects], happened: EventKind) -> list[Event]:
    """Six events of three subjects, waiting."""
    with consuming(Effects.add, kinds=[happened], name="tests.effect"), transaction.atomic():
        return record_many([NewEvent(happened, n % 3, payload={"n": n}) for n in range(6)])


@pytest.mark.parametrize("point", POINTS)
def test_every_event_takes_effect_once(point: str, events: list[Event], happened: EventKind) -> None:
    process = start_worker(point, at=3)
    assert process.wait(60) == -signal.SIGKILL

    in_hand = Delivery.objects.leased().count()
    assert in_hand == (0 if point in ("before_claim", "after_commit") else 1)
    assert len(Effects.all()) == (3 if point == "after_commit" else 2)

    let_leases_run_out()
    with consuming(Effects.add, kinds=[happened], name="tests.effect"):
        summary = dispatch.run_once()
    assert summary.recovered == in_hand
    assert not Delivery.objects.exists()
    assert sorted(Effects.all()) == [(event.pk, event.subject_id) for event in events]
    for subject in range(3):
        mine = [event for event, about in Effects.all() if about == subject]
        assert mine == sorted(mine)


def test_an_event_that_kills_its_worker_ends_as_a_dead_letter(
    effects: type[Effects], happened: EventKind, settings: pytest.FixtureRequest
) -> None:
    with consuming(Effects.add, kinds=[happened], name="tests.effect"), transaction.atomic():
        poison, *good = record_many([NewEvent(happened, n, payload={"n": n or -1}) for n in range(4)])
    for life in range(2):
        assert start_worker("poison", DELIVERY_MAX_CRASHES=2).wait(60) == -signal.SIGKILL
        if life == 0:
            let_leases_run_out()
    let_leases_run_out()
    assert start_worker("poison", DELIVERY_MAX_CRASHES=2).wait(60) == 0

    dead = Delivery.objects.get()
    assert (dead.event_id, dead.state, dead.crashes, dead.attempts) == (poison.pk, "dead", 2, 2)
    assert "worker was lost" in dead.last_error
    assert sorted(Effects.all()) == [(event.pk, event.subject_id) for event in good]
