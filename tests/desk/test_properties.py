"""Fields beside the ticket: saved one by one, nothing typed is lost."""

import pytest
from django.test import Client

from tests.cast import Cast
from tickets.actions import change_ticket
from tickets.models import Category, CustomField, Ticket


def save(client: Client, ticket: Ticket, field: str, value: object, version: object = None, **more: str) -> object:
    data = {"field": field, "value": value, "version": ticket.version if version is None else version} | more
    return client.post(f"/desk/tickets/{ticket.number}/change/", data)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "pending"),
        ("priority", "critical"),
        ("type", "incident"),
        ("sentiment", "angry"),
        ("sentiment", ""),
        ("resolution_type", "fixed"),
        ("root_cause", "A cable"),
        ("resolution_summary", "Plugged it in.\nTwice."),
        ("subject", "Another subject"),
    ],
)
def test_plain_fields_are_saved(dora: Client, cast: Cast, field: str, value: str) -> None:
    ticket = cast.ticket()
    assert save(dora, ticket, field, value).url == f"/desk/tickets/{ticket.number}/"
    assert getattr(Ticket.objects.get(pk=ticket.pk), field) == value


def test_people_teams_categories_tags_and_custom_fields(dora: Client, cast: Cast) -> None:
    category = Category.objects.create(key="billing", name="Billing")
    CustomField.objects.create(key="device", label="Device")
    CustomField.objects.create(key="markets", label="Markets", kind="multi_choice", choices=["a", "b", "c"])
    CustomField.objects.create(key="paid", label="Paid", kind="checkbox")
    ticket = cast.ticket()
    save(dora, ticket, "assignee", str(cast.lena.pk))
    save(dora, ticket, "team", str(cast.support.pk))
    save(dora, ticket, "category", str(category.pk))
    save(dora, ticket, "tags", " eBay , angry,, ")
    save(dora, ticket, "fields.device", "iPhone")
    save(dora, ticket, "fields.markets", ["a", "c"], several="1")
    save(dora, ticket, "fields.paid", "true")
    fresh = Ticket.objects.get(pk=ticket.pk)
    assert (fresh.assignee, fresh.team, fresh.category) == (cast.lena, cast.support, category)
    assert fresh.fields == {"device": "iPhone", "markets": ["a", "c"], "paid": True}
    assert sorted(fresh.tags.values_list("name", flat=True)) == ["angry", "ebay"]
    save(dora, fresh, "assignee", "")
    save(dora, fresh, "fields.markets", "", several="1")
    fresh.refresh_from_db()
    assert fresh.assignee is None
    assert "markets" not in fresh.fields


def test_a_stale_change_shows_theirs_and_keeps_mine(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    change_ticket(ticket, {"priority": "critical"}, actor=cast.lena)
    answer = save(dora, ticket, "priority", "low", version=1)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Lena changed this to “Critical” in the meantime. Yours is not saved." in text
    assert '<option value="low" selected>Low</option>' in text
    assert Ticket.objects.get(pk=ticket.pk).priority == "critical"
    save(dora, ticket, "priority", "low", version=answer.context["ticket"].version)
    assert Ticket.objects.get(pk=ticket.pk).priority == "low"


def test_typed_text_survives_a_stale_change(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    change_ticket(ticket, {"root_cause": "A mouse"}, actor=cast.lena)
    text = save(dora, ticket, "root_cause", "A rat <b>", version=1).content.decode()
    assert 'value="A rat &lt;b&gt;"' in text
    assert "“A mouse”" in text


def test_another_field_in_the_meantime_does_not_matter(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    change_ticket(ticket, {"type": "task"}, actor=cast.lena)
    assert save(dora, ticket, "priority", "low", version=1).status_code == 302


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "lost"),
        ("status", "closed"),
        ("status", "\x00"),
        ("priority", ""),
        ("assignee", "abc"),
        ("assignee", "99999999999999999999"),
        ("team", "-1"),
        ("category", "4711"),
        ("tags", "x" * 100),
        ("root_cause", "x" * 300),
        ("subject", " "),
        ("subject", "x" * 300),
        ("fields.nope", "x"),
        ("number", "5"),
        ("requester", "1"),
        ("", "x"),
        ("fields.", "x"),
        ("version", "1"),
    ],
)
def test_bad_values_are_told_and_change_nothing(dora: Client, cast: Cast, field: str, value: str) -> None:
    ticket = cast.ticket()
    answer = save(dora, ticket, field, value)
    assert answer.status_code in (400, 409)
    assert Ticket.objects.get(pk=ticket.pk).version == 1


def test_a_customer_cannot_be_assigned(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    text = save(dora, ticket, "assignee", str(cast.bob.pk)).content.decode()
    assert "There is no such person." in text


def test_assign_to_me(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    dora.post(f"/desk/tickets/{ticket.number}/take/", {"version": "1"})
    assert Ticket.objects.get(pk=ticket.pk).assignee == cast.dora


def test_taking_what_somebody_else_took_meanwhile_is_told(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    change_ticket(ticket, {"assignee": cast.lena}, actor=cast.lena)
    answer = dora.post(f"/desk/tickets/{ticket.number}/take/", {"version": "1"}, follow=True)
    assert "Somebody else changed assignee in the meantime" in answer.content.decode()
    assert Ticket.objects.get(pk=ticket.pk).assignee == cast.lena
