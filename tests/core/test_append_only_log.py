"""The database refuses to change what has happened."""

import pytest
from django.db import DatabaseError, connection, transaction

from core.event_log import EventKind, record
from core.models import Event
from core.retention import erasing

FORBIDDEN = [
    "UPDATE core_event SET kind = 'x'",
    "DELETE FROM core_event",
    "TRUNCATE core_event CASCADE",
    "UPDATE core_event SET kind = 'x' WHERE false",
    "INSERT INTO core_event SELECT * FROM core_event ON CONFLICT (id) DO UPDATE SET kind = 'x'",
]


@pytest.fixture
def event(db: None, happened: EventKind) -> Event:
    return record(happened, 1, payload={"n": 1})


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_changing_the_log_is_refused(event: Event, statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Event.objects.get().kind == "tests.happened"


def test_the_orm_is_refused_as_well(event: Event) -> None:
    for attempt in (lambda: event.save(), lambda: event.delete(), lambda: Event.objects.update(kind="x")):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            attempt()
    assert Event.objects.count() == 1


def test_replication_mode_does_not_switch_it_off(event: Event) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica; DELETE FROM core_event")


def test_retention_may_erase_and_its_permission_ends(event: Event, happened: EventKind) -> None:
    with erasing():
        Event.objects.filter(pk=event.pk).delete()
    assert not Event.objects.exists()
    record(happened, 1)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Event.objects.all().delete()
    assert Event.objects.count() == 1


def test_a_failed_retention_leaves_no_permission(event: Event) -> None:
    with pytest.raises(ZeroDivisionError), erasing():
        raise ZeroDivisionError
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Event.objects.all().delete()
