"""GET tickets/ and tickets/{number}/."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people.models import User
from tests.cast import Cast
from tickets import actions
from tickets.models import Category, CustomField, Ticket


def numbers(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.data
    return [ticket["number"] for ticket in answer.data["results"]]


def test_everybody_lists_what_they_may_see(cast: Cast, as_: Any) -> None:
    mine = cast.ticket().number
    legal = cast.ticket(requester=cast.charlie, team=cast.legal).number
    seen = {
        cast.alice: [mine], cast.bob: [], cast.carol: [mine], cast.charlie: [legal], cast.dora: [mine],
        cast.erik: [legal, mine], cast.mara: [legal, mine],
    }  # fmt: skip
    for user, expected in seen.items():
        assert numbers(as_(user).get("tickets/")) == expected, user
        for number in (mine, legal):
            assert as_(user).get(f"tickets/{number}/").status_code == (200 if number in expected else 404), user


def test_customers_get_the_staff_keys_without_values(cast: Cast, alice: Any, dora: Any) -> None:
    CustomField.objects.create(key="plan", label="Plan")
    CustomField.objects.create(key="risk", label="Risk", for_customers=False)
    ticket = cast.ticket(actor=cast.dora, tags=["angry"], fields={"plan": "pro", "risk": "churn"})
    actions.change_ticket(
        ticket, {"root_cause": "marker", "assignee": cast.dora, "sentiment": "angry"}, actor=cast.dora
    )
    shown = alice.get(f"tickets/{ticket.number}/").data
    assert shown["tags"] == [] and shown["root_cause"] is None and shown["sentiment"] is None
    assert shown["fields"] == {"plan": "pro"}
    assert shown["assignee"] == {"id": cast.dora.pk, "email": None, "name": "Dora"}
    assert set(shown) == set(dora.get(f"tickets/{ticket.number}/").data)
    assert "desk.example" not in str(shown) and "marker" not in str(shown)


def test_filters(cast: Cast, dora: Any) -> None:
    billing = Category.objects.create(key="billing", name="Billing")
    one = cast.ticket(actor=cast.dora, tags=["fire"], category=billing, priority="high", team=cast.support)
    two = cast.ticket(
        actor=cast.dora, requester=cast.charlie, subject="Lamp broken", tags=["lamp"], body="pink elephant"
    )
    actions.change_ticket(two, {"status": "pending", "assignee": cast.dora}, actor=cast.dora)
    for query, expected in {
        "status=new": [one], "status=pending,new": [two, one], "status=pending&status=new": [two, one],
        "priority=high": [one], "team=support": [one], f"team={cast.support.pk}": [one], "team=none": [two],
        "assignee=me": [two], "assignee=dora@desk.example": [two], "assignee=none": [one],
        f"assignee={cast.dora.pk}": [two],
        "requester=charlie@example.com": [two], f"requester={cast.alice.pk}": [one],
        f"organisation={cast.acme.pk}": [one],
        "organisation=acme": [one], "organisation=none": [two], "tag=fire": [one], "tag=fire,lamp": [two, one],
        "category=billing": [one], "category=none": [two], "q=elephant": [two], f"q=%23{one.number}": [one],
        "view=my-open": [two], "view=unassigned": [one], "view=team-support": [one], "status=escalated": [],
        "type=question": [two, one], "channel=portal": [two, one], "created_since=2100-01-01": [],
        "updated_since=2020-01-01T00:00:00Z": [two, one], "assignee=99999999999999999999999": [], "q=": [two, one],
        "status=new&priority=low": [], "tag=nobody": [], "requester=nobody@example.com": [],
    }.items():  # fmt: skip
        assert numbers(dora.get(f"tickets/?{query}")) == [ticket.number for ticket in expected], query


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("status=closd", "status"), ("priority=P1", "priority"), ("team=nope", "team"), ("category=nope", "category"),
        ("view=nope", "view"), ("ordering=owner__password", "ordering"), ("ordering=requester__password", "ordering"),
        ("subject__startswith=a", "subject__startswith"), ("_connector=OR", "_connector"), ("x=1", "x"),
        ("requester__password=a", "requester__password"), ("page_size=0", "page_size"), ("page_size=101", "page_size"),
        ("page_size=9999999999999999999", "page_size"), ("cursor=abc", "cursor"),
        ("created_since=soon", "created_since"),
        ("created_since=9999-12-31T23:59:59-14:00", "created_since"), ("q=a%00b", "q"), ("a%00b=1", "a\x00b"),
        ("status=" + ",".join(map(str, range(200))), "status"), ("q=" + "a" * 501, "q"), ("page=2", "page"),
    ],
)  # fmt: skip
def test_bad_parameters_are_named(cast: Cast, dora: Any, query: str, name: str) -> None:
    answer = dora.get(f"tickets/?{query}")
    assert answer.status_code == 400
    assert list(answer.data["errors"]) == [name]


@pytest.mark.parametrize("name", ["tag", "team", "assignee", "view", "channel"])
def test_customers_do_not_filter_by_what_they_cannot_see(cast: Cast, alice: Any, name: str) -> None:
    assert alice.get("tickets/", **{name: "x"}).status_code == 400


def test_customers_search_is_blind_to_notes(cast: Cast, alice: Any, dora: Any) -> None:
    ticket = cast.ticket()
    actions.add_message(ticket, actor=cast.dora, body="xylophone", visibility="internal", channel="web")
    assert numbers(alice.get("tickets/", q="xylophone")) == []
    assert numbers(dora.get("tickets/", q="xylophone")) == [ticket.number]


@pytest.mark.parametrize("ordering", ["updated_at", "-created_at", "number", "-number", "priority", "-next_due_at"])
def test_pages_hold_everything_once(cast: Cast, dora: Any, ordering: str) -> None:
    made = {cast.ticket(actor=cast.dora, priority=("low", "high")[i % 2]).number for i in range(7)}
    seen: list[int] = []
    answer = dora.get("tickets/", page_size=3, ordering=ordering)
    first = numbers(answer)
    pages = 1
    seen += first
    while answer.data["next"]:
        answer = dora.get(answer.data["next"])
        seen += numbers(answer)
        pages += 1
    assert pages == 3 and len(seen) == 7 and set(seen) == made
    answer = dora.get(answer.data["previous"])
    assert numbers(dora.get(answer.data["previous"])) == first


def test_a_cursor_belongs_to_its_ordering(cast: Cast, dora: Any) -> None:
    for _ in range(3):
        cast.ticket()
    following = dora.get("tickets/", page_size=1).data["next"]
    assert dora.get(f"{following}&ordering=number").status_code == 400


def count(caller: Any, path: str) -> int:
    caller.get(path)  # the token has been touched now
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert caller.get(path).status_code == 200
    return len(caught)


def test_statements_do_not_depend_on_rows(cast: Cast, dora: Any, alice: Any) -> None:
    def some(n: int) -> None:
        for i in range(n):
            user = User.objects.create_user(f"c{Ticket.objects.count()}@example.com", organisation=cast.acme)
            ticket = cast.ticket(actor=cast.dora, requester=user, cc=[cast.alice], tags=[f"t{i}"], team=cast.support)
            actions.change_ticket(ticket, {"assignee": cast.dora}, actor=cast.dora)

    some(5)
    few = [count(caller, "tickets/?page_size=100") for caller in (dora, alice)]
    some(45)
    assert [count(caller, "tickets/?page_size=100") for caller in (dora, alice)] == few
    assert max(few) <= 5, few
    assert count(dora, f"tickets/{Ticket.objects.all()[0].number}/") <= 4


def test_numbers_beyond_everything(cast: Cast, dora: Any) -> None:
    for number in (0, 10**18, 10**19, 10**60):
        assert dora.get(f"tickets/{number}/").status_code == 404
