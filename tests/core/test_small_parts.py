"""Errors, policy answers, registries, system check and commands."""

from io import StringIO

import pytest
from django.core.management import call_command

from core import errors
from core.checks import consumers_know_their_kinds
from core.event_log import EventKind, record
from core.policies import Allowed, Denied
from core.registry import DuplicateKey, Registry, UnknownKey, registries
from core.testing import consuming, registered


def test_an_error_carries_what_faces_and_programs_need() -> None:
    error = errors.Conflict("Somebody changed it.", fields={"subject": ["changed"]}, version=4)
    assert (error.status, error.code, str(error)) == (409, "conflict", "Somebody changed it.")
    assert (error.fields, error.data) == ({"subject": ["changed"]}, {"version": 4})


@pytest.mark.parametrize(
    ("kind", "status"),
    [("Invalid", 400), ("NotAllowed", 403), ("NotFound", 404), ("Conflict", 409), ("TooLarge", 413), ("TooMany", 429)],
)
def test_each_kind_of_error_has_its_status(kind: str, status: int) -> None:
    assert getattr(errors, kind)("message").status == status


def test_a_denial_is_false_and_raises_its_reason() -> None:
    denied = Denied("Closed.", code="ticket_closed")
    assert not denied
    with pytest.raises(errors.NotAllowed, match="Closed") as caught:
        denied.require()
    assert caught.value.code == "ticket_closed"
    with pytest.raises(errors.NotFound):
        Denied("No such ticket.", code="not_found").require()


def test_an_allowance_is_true_and_quiet() -> None:
    assert Allowed()
    Allowed().require()


def test_a_registry_keeps_order_and_refuses_doubles() -> None:
    registry: Registry[int] = Registry("numbers")
    registry.register("one", 1)
    registry.register("two", 2)
    assert (list(registry), "one" in registry, registry.items()) == ([1, 2], True, [("one", 1), ("two", 2)])
    with pytest.raises(DuplicateKey, match="one"):
        registry.register("one", 3)


def test_a_registry_names_near_matches() -> None:
    registry: Registry[int] = Registry("numbers")
    registry.register("one", 1)
    with pytest.raises(KeyError) as caught:
        registry.get("onee")
    assert isinstance(caught.value, UnknownKey)
    assert str(caught.value) == "numbers: no 'onee'; did you mean one?"


def test_a_consumer_of_an_undeclared_kind_is_a_check_error(happened: EventKind) -> None:
    with consuming(print, kinds=["tests.hapened"]):
        (error,) = consumers_know_their_kinds(None)
    assert (error.id, "tests.hapened" in error.msg) == ("core.E001", True)
    with consuming(print, kinds=[happened]):
        assert consumers_know_their_kinds(None) == []


def test_wiring_prints_events_reactions_and_every_registry(happened: EventKind) -> None:
    out = StringIO()
    with (
        consuming(print, kinds=[happened], name="tests.now", inline=True),
        consuming(print, kinds=[happened], name="tests.later", on_backfill=True),
        registered(registries["effects"], "tests.effect", print),
    ):
        call_command("wiring", stdout=out)
    text = out.getvalue()
    for expected in ("tests.happened", "inline   tests.now", "deferred tests.later (on backfill too)", "tests.effect"):
        assert expected in text
    assert all(name in text for name in registries if name != "event kinds")


def test_dispatch_events_says_what_it_did(db: None, happened: EventKind) -> None:
    out = StringIO()
    with consuming(lambda event: None, kinds=[happened]):
        record(happened, 1)
        call_command("dispatch_events", stdout=out)
    assert out.getvalue().startswith("dispatch_events: 1 done, 0 failed")
