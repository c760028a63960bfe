"""A small world of its own: one event kind, a table for effects, a bell that only counts."""

from collections.abc import Iterator

import pytest

from core import bell
from core.event_log import EventKind
from core.models import Delivery
from core.registries import event_kinds
from core.testing import only_consumers, registered
from tests.core.world import HAPPENED, Effects


@pytest.fixture(autouse=True)
def quiet_house() -> Iterator[None]:
    """No consumers but those of the test."""
    with only_consumers():
        yield


@pytest.fixture(autouse=True)
def rings(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks rung for, in place of Redis."""
    sent: list[str] = []
    if "real_bell" not in request.fixturenames:
        monkeypatch.setattr(bell, "_send", sent.append)
    monkeypatch.setattr(bell, "_resting_until", 0.0)
    return sent


@pytest.fixture
def real_bell() -> None:
    """Ask for this to ring through Celery."""


@pytest.fixture
def happened() -> Iterator[EventKind]:
    """An event kind with the payload key 'n'."""
    with registered(event_kinds, HAPPENED.name, HAPPENED):
        yield HAPPENED


@pytest.fixture
def effects(transactional_db: None) -> Iterator[type[Effects]]:
    """A table to which consumers append, without any constraint that could hide a double."""
    Effects.create()
    yield Effects
    Effects.drop()


def due_now() -> None:
    """End every back-off."""
    Delivery.objects.waiting().update(next_attempt_at="2020-01-01T00:00:00Z")


def let_leases_run_out() -> None:
    """As if the lease time had passed."""
    Delivery.objects.leased().update(leased_until="2020-01-01T00:00:00Z")
