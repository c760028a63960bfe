"""PATCH tickets/{number}/."""

from typing import Any

import pytest

from core.models import Event
from tests.cast import Cast
from tickets.models import Category, CustomField


def test_staff_change_everything(cast: Cast, dora: Any) -> None:
    Category.objects.create(key="billing", name="Billing")
    CustomField.objects.create(key="plan", label="Plan")
    ticket = cast.ticket()
    changes = {
        "status": "pending", "priority": "high", "type": "problem", "category": "billing", "team": "support",
        "tags": ["b", "A"],
        "fields": {"plan": "pro"}, "subject": "New subject", "resolution_summary": "Done", "root_cause": "Cable",
        "resolution_type": "fixed",
        "sentiment": "angry",
    }  # fmt: skip
    answer = dora.patch(f"tickets/{ticket.number}/", changes | {"assignee": "dora@desk.example"})
    assert answer.status_code == 200, answer.data
    assert {name: answer.data[name] for name in changes} == changes | {"tags": ["a", "b"]}
    assert answer.data["assignee"]["email"] == "dora@desk.example"
    assert answer.data == dora.get(f"tickets/{ticket.number}/").data


@pytest.mark.parametrize("value", ["me", "id", "DORA@desk.example"])
def test_assignee_by_id_address_or_me(cast: Cast, dora: Any, value: Any) -> None:
    ticket = cast.ticket()
    answer = dora.patch(f"tickets/{ticket.number}/", {"assignee": cast.dora.pk if value == "id" else value})
    assert answer.data["assignee"]["name"] == "Dora"
    assert dora.patch(f"tickets/{ticket.number}/", {"assignee": None}).data["assignee"] is None


def test_the_api_is_on_record_as_the_channel(cast: Cast, dora: Any) -> None:
    ticket = cast.ticket()
    dora.patch(f"tickets/{ticket.number}/", {"priority": "low"}, headers={"X-Request-ID": "my-request-7"})
    event = Event.objects.about("ticket", ticket.pk).last()
    assert event and (event.channel, event.actor_id, event.correlation_id) == ("api", cast.dora.pk, "my-request-7")


def test_a_stale_version_conflicts_only_on_the_same_field(cast: Cast, dora: Any, as_: Any) -> None:
    ticket = cast.ticket()
    seen = dora.get(f"tickets/{ticket.number}/").data["version"]
    as_(cast.lena).patch(f"tickets/{ticket.number}/", {"priority": "low"})
    assert dora.patch(f"tickets/{ticket.number}/", {"type": "task", "version": seen}).status_code == 200
    answer = dora.patch(f"tickets/{ticket.number}/", {"priority": "high", "version": seen})
    assert answer.status_code == 409 and answer.data["code"] == "stale"
    assert answer.data["changed"] == ["priority"] and "priority" in answer.data["errors"]
    assert answer.data["version"] == dora.get(f"tickets/{ticket.number}/").data["version"]
    assert dora.get(f"tickets/{ticket.number}/").data["priority"] == "low"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "done"), ("status", 1), ("priority", "P1"), ("subject", ""), ("subject", 5), ("subject", "x" * 300),
        ("category", "nope"), ("category", {}), ("team", "nope"), ("team", True), ("assignee", "alice@example.com"),
        ("assignee", 10**30), ("assignee", []), ("tags", "a"), ("tags", [1]), ("tags", ["x" * 61]),
        ("fields", {"nope": 1}),
        ("fields", "x"), ("version", -1), ("version", "x"), ("version", 1.5), ("version", 10**18), ("type", None),
        ("resolution_type", "magic"), ("number", 1), ("requester", {}), ("created_at", "2020-01-01"), ("role", "admin"),
        ("is_staff", True), ("organisation", 1), ("escalated", True), ("tags", ["a,b"]), ("root_cause", "x" * 201),
    ],
)  # fmt: skip
def test_bad_values_are_named_and_change_nothing(cast: Cast, dora: Any, name: str, value: Any) -> None:
    ticket = cast.ticket()
    before = dora.get(f"tickets/{ticket.number}/").data
    answer = dora.patch(f"tickets/{ticket.number}/", {name: value})
    assert answer.status_code == 400, answer.data
    assert all(key.split(".")[0] == name for key in answer.data["errors"]), answer.data
    assert dora.get(f"tickets/{ticket.number}/").data == before


def test_transitions_are_the_life_cycles(cast: Cast, dora: Any) -> None:
    ticket = cast.ticket()
    answer = dora.patch(f"tickets/{ticket.number}/", {"status": "closed"})
    assert answer.status_code == 409 and list(answer.data["errors"]) == ["status"]


def test_customers_solve_and_reopen_and_nothing_else(cast: Cast, alice: Any) -> None:
    path = f"tickets/{cast.ticket().number}/"
    assert alice.patch(path, {"status": "solved"}).data["status"] == "solved"
    assert alice.patch(path, {"status": "open"}).data["status"] == "open"
    assert alice.patch(path, {"status": "on_hold"}).status_code == 403
    for changes in ({"priority": "critical"}, {"assignee": None}, {"tags": ["x"]}, {"team": "nope"}, {"team": "legal"}):
        assert alice.patch(path, changes).status_code == 403
    for changes in ({"role": "admin"}, {"created_at": "2000-01-01"}, {"internal": True}, {"organisation": 1}):
        assert alice.patch(path, changes).status_code == 400
    assert alice.get(path).data["priority"] == "normal"


def test_nothing_to_change_is_fine(cast: Cast, dora: Any) -> None:
    ticket = cast.ticket()
    events = Event.objects.count()
    assert dora.patch(f"tickets/{ticket.number}/", {}).status_code == 200
    assert Event.objects.count() == events
