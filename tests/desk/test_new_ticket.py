"""A ticket on behalf of a customer."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from people.models import User
from tests.cast import Cast
from tickets.models import Attachment, Category, CustomField, Ticket

NEW = "/desk/new/"


def form(**changes: object) -> dict[str, object]:
    given = {
        "email": "alice@example.com",
        "subject": "Called about a refund",
        "body": "She was charged twice.",
        "channel": "phone",
        "priority": "high",
        "client_token": "t" * 32,
    }
    return given | changes


def test_a_known_customer(dora: Client, cast: Cast) -> None:
    answer = dora.post(NEW, form(assignee="me", team=str(cast.support.pk), tags="Refund, call", cc="bob@example.com"))
    ticket = Ticket.objects.get()
    assert answer.url == f"/desk/tickets/{ticket.number}/"
    assert (ticket.requester, ticket.organisation, ticket.channel, ticket.priority) == (
        cast.alice,
        cast.acme,
        "phone",
        "high",
    )
    assert (ticket.assignee, ticket.team, ticket.created_by) == (cast.dora, cast.support, cast.dora)
    assert sorted(ticket.tags.values_list("name", flat=True)) == ["call", "refund"]
    assert ticket.participants.get().user == cast.bob


def test_somebody_new_becomes_a_customer(dora: Client, cast: Cast) -> None:
    dora.post(NEW, form(email="Nina@example.net", name="Nina Novak"))
    assert Ticket.objects.get().requester.name == "Nina Novak"


def test_a_double_click_opens_one(dora: Client, cast: Cast) -> None:
    assert dora.post(NEW, form()).url == dora.post(NEW, form()).url
    assert Ticket.objects.count() == 1


def test_all_mistakes_are_told_and_nothing_is_lost(dora: Client, cast: Cast) -> None:
    answer = dora.post(NEW, form(subject=" ", body="", assignee="abc", team="9", category="x", email="new@example.net"))
    text = answer.content.decode()
    assert answer.status_code == 400
    for told in (
        "Say in a few words",
        "Write what the customer said.",
        "no such person",
        "no such team",
        "no such category",
    ):
        assert told in text, told
    assert 'value="new@example.net"' in text
    assert not User.objects.filter(email="new@example.net").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"email": ""},
        {"email": "nobody at home"},
        {"email": "x" * 300 + "@example.com"},
        {"subject": "x" * 300},
        {"body": "long " * 200_000},
        {"priority": "\x00"},
        {"type": "nope"},
        {"tags": "x" * 100},
        {"cc": "alice@example.com, no address"},
        {"attachment": "abc"},
        {"fields.device": "x" * 600},
    ],
)
def test_bad_input_opens_nothing_and_keeps_the_text(dora: Client, cast: Cast, changes: dict[str, str]) -> None:
    CustomField.objects.create(key="device", label="Device")
    people = User.objects.count()
    answer = dora.post(NEW, form(**changes))
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    assert not Ticket.objects.exists() and User.objects.count() == people
    if "body" not in changes:
        assert "She was charged twice." in answer.content.decode()


def test_of_several_files_the_good_ones_stay_when_one_is_refused(dora: Client, cast: Cast) -> None:
    files = [SimpleUploadedFile(name, b"hello") for name in ("list.txt", "bad.exe", "worse.bat", "last.txt")]
    page = dora.post(NEW, form(files=files)).content.decode()
    assert "list.txt" in page and "last.txt" in page
    assert "bad.exe" in page and "worse.bat" in page
    kept = Attachment.objects.filter(message=None)
    assert {attachment.name for attachment in kept} == {"list.txt", "last.txt"}
    assert all(str(attachment.pk) in page for attachment in kept)


def test_a_refused_ticket_keeps_its_files(dora: Client, cast: Cast) -> None:
    answer = dora.post(NEW, form(subject="", files=[SimpleUploadedFile("list.txt", b"hello")]))
    assert "list.txt" in answer.content.decode()


def test_the_questions_follow_the_category(dora: Client, cast: Cast) -> None:
    billing = Category.objects.create(key="billing", name="Billing")
    refund = Category.objects.create(key="refund", name="Refund", parent=billing)
    field = CustomField.objects.create(key="invoice", label="Invoice number")
    field.categories.add(billing)
    markets = CustomField.objects.create(key="markets", label="Markets", kind="multi_choice", choices=["a", "b"])
    assert "Invoice number" not in dora.get(NEW).content.decode()
    assert "Invoice number" in dora.get(NEW, {"category": refund.pk}).content.decode()
    answers = {"fields.invoice": "R-17", f"fields.{markets.key}": ["a", "b"], f"several.fields.{markets.key}": "1"}
    dora.post(NEW, form(category=str(refund.pk), **answers))
    assert Ticket.objects.get().fields == {"invoice": "R-17", "markets": ["a", "b"]}


def test_customers_are_found_by_name_and_address(dora: Client, cast: Cast) -> None:
    found = dora.get("/desk/people/find/?q=ali").json()["people"]
    assert found == [{"email": "alice@example.com", "name": "Alice", "organisation": "Acme"}]
    assert dora.get("/desk/people/find/?q=%00").json() == {"people": []}


def test_what_is_written_after_going_back_is_not_lost(dora: Client, cast: Cast) -> None:
    dora.post(NEW, form())
    answer = dora.post(NEW, form(subject="Another thing"))
    assert answer.status_code == 409
    assert "Another thing" in answer.content.decode()
    assert answer.context["token"] != "t" * 32
    dora.post(NEW, form(subject="Another thing", client_token=answer.context["token"]))
    assert Ticket.objects.count() == 2
