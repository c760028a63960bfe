"""POST tickets/."""

from typing import Any

from people.models import OrganisationDomain, User
from tests.cast import Cast
from tickets.models import Category, CustomField, Ticket

NEW = {
    "subject": "Printer on fire",
    "body": "It burns.\nReally.",
    "requester": {"email": "Zoe@new.example", "name": "Zoe Z"},
}


def test_staff_open_a_ticket_for_somebody_new(cast: Cast, dora: Any) -> None:
    OrganisationDomain.objects.create(organisation=cast.acme, domain="new.example")
    answer = dora.post("tickets/", NEW)
    assert answer.status_code == 201, answer.data
    zoe = User.objects.get(email="zoe@new.example")
    shown = answer.data
    assert shown["requester"] == {"id": zoe.pk, "email": "zoe@new.example", "name": "Zoe Z"}
    assert shown["organisation"] == {"id": cast.acme.pk, "name": "Acme"}
    assert (shown["status"], shown["priority"], shown["type"], shown["channel"]) == ("new", "normal", "question", "api")
    assert answer.headers["Location"] == shown["url"] == f"http://testserver/api/v1/tickets/{shown['number']}/"
    message = Ticket.objects.get(number=shown["number"]).messages.get()
    assert message.body == "It burns.\nReally." and message.author == zoe


def test_a_ticket_carries_everything_of_the_contract(cast: Cast, dora: Any) -> None:
    names = (
        "number subject status priority type channel category tags fields requester organisation assignee team "
        "created_at updated_at first_responded_at solved_at closed_at next_due_at sla_state version url"
    )
    assert set(names.split()) <= set(dora.post("tickets/", NEW).data)


def test_all_optional_fields(cast: Cast, dora: Any) -> None:
    Category.objects.create(key="billing", name="Billing")
    CustomField.objects.create(key="plan", label="Plan", kind="choice", choices=["free", "pro"])
    optional = {
        "channel": "phone", "priority": "high", "type": "incident", "category": "billing",
        "tags": ["Fire", "fire", "hot"], "fields": {"plan": "pro"}, "cc": ["bob@example.com", "carol@example.com"],
    }  # fmt: skip
    answer = dora.post("tickets/", NEW | optional)
    assert answer.status_code == 201, answer.data
    assert {name: answer.data[name] for name in optional if name != "cc"} == {
        **{name: value for name, value in optional.items() if name != "cc"}, "tags": ["fire", "hot"],
    }  # fmt: skip
    ticket = Ticket.objects.get(number=answer.data["number"])
    assert {row.user for row in ticket.participants.all()} == {cast.bob, cast.carol}


def test_customers_open_their_own(cast: Cast, alice: Any) -> None:
    answer = alice.post("tickets/", {"subject": "Help", "body": "Please"})
    assert answer.status_code == 201
    assert answer.data["requester"]["email"] == "alice@example.com"
    same = {"subject": "Help", "body": "Please", "requester": {"email": "ALICE@example.com"}}
    assert alice.post("tickets/", same).status_code == 201


def test_customers_do_not_open_tickets_of_others(cast: Cast, alice: Any) -> None:
    answer = alice.post("tickets/", NEW)
    assert answer.status_code == 403 and "requester.email" in answer.data["errors"]
    assert not Ticket.objects.exists() and not User.objects.filter(email="zoe@new.example").exists()


def test_customers_do_not_set_what_staff_sets(cast: Cast, alice: Any) -> None:
    for field, value in {"priority": "critical", "tags": ["vip"], "channel": "phone"}.items():
        answer = alice.post("tickets/", {"subject": "Help", "body": "Please", field: value})
        assert answer.status_code == 403 and field in answer.data["errors"]
    assert not Ticket.objects.exists()


def test_staff_say_who_asks(cast: Cast, dora: Any) -> None:
    answer = dora.post("tickets/", {"subject": "Help", "body": "Please"})
    assert answer.status_code == 400 and list(answer.data["errors"]) == ["requester"]


def test_a_refused_ticket_leaves_no_customer_behind(cast: Cast, dora: Any) -> None:
    answer = dora.post("tickets/", NEW | {"subject": " "})
    assert answer.status_code == 400 and list(answer.data["errors"]) == ["subject"]
    assert not User.objects.filter(email="zoe@new.example").exists()


def test_unknown_fields_are_named(cast: Cast, dora: Any) -> None:
    answer = dora.post("tickets/", NEW | {"is_staff": True, "requester": {"email": "a@b.example", "role": "admin"}})
    assert answer.status_code == 400
    assert set(answer.data["errors"]) == {"is_staff", "requester.role"}


def test_wrong_values_are_named(cast: Cast, dora: Any) -> None:
    wrong: dict[str, Any] = {
        "subject": 5, "body": ["x"], "requester": "zoe", "priority": "urgent", "category": "nope", "tags": "x",
        "fields": [], "cc": [1], "type": {}, "channel": None,
    }  # fmt: skip
    for name, value in wrong.items():
        answer = dora.post("tickets/", NEW | {name: value})
        assert answer.status_code == 400, name
        assert all(key.split(".")[0] == name for key in answer.data["errors"]), answer.data
    assert not Ticket.objects.exists()


def test_a_bad_address_is_named(cast: Cast, dora: Any) -> None:
    for email in ("zoe", "a@b\r\nBcc: x@y.example", "", "x" * 300 + "@a.example"):
        answer = dora.post("tickets/", NEW | {"requester": {"email": email}})
        assert answer.status_code == 400 and list(answer.data["errors"]) == ["requester.email"]
    answer = dora.post("tickets/", NEW | {"cc": ["fine@a.example", "nope"]})
    assert answer.status_code == 400 and list(answer.data["errors"]) == ["cc"]
