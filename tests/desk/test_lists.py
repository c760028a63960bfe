"""Views, filters, sorting, paging, columns, bulk changes."""

import base64
import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from people.models import Organisation
from tests.cast import Cast
from tickets.actions import add_message, change_ticket
from tickets.models import Ticket

ALL = "/desk/views/all/"


def statements(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(address)
    assert answer.status_code == 200
    return len(seen)


def test_the_list_costs_the_same_with_5_and_50_rows(dora: Client, cast: Cast) -> None:
    dora.post(
        "/desk/columns/", {"column": ["status", "priority", "tags", "team", "category", "organisation", "updated"]}
    )
    for _ in range(5):
        cast.ticket(tags=["a", "b"])
    few = statements(dora, ALL)
    for _ in range(45):
        cast.ticket(tags=["a", "b"])
    assert statements(dora, ALL) == few
    assert few <= 20


def test_home_is_my_open(dora: Client, cast: Cast) -> None:
    mine = cast.ticket(assignee=cast.dora, subject="Mine alone")
    cast.ticket(subject="Not mine")
    text = dora.get("/desk/", follow=True).content.decode()
    assert mine.subject in text
    assert "Not mine" not in text


def test_a_row_shows_who_asked_and_the_last_word(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    add_message(ticket, actor=cast.dora, body="Have a look <at> this", channel="web", visibility="internal")
    text = dora.get(ALL).content.decode()
    assert "Alice · Acme" in text
    assert "Dora: Have a look &lt;at&gt; this" in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=new", {"one", "two"}),
        ("status=pending", {"three"}),
        ("status=new&status=pending", {"one", "two", "three"}),
        ("priority=high", {"one"}),
        ("assignee=me", {"two"}),
        ("assignee=none", {"one", "three"}),
        ("team=none", {"two", "three"}),
        ("tag=ebay", {"one", "two"}),
        ("tag=ebay&tag=angry", {"two"}),
        ("q=one", {"one"}),
        ("q=credentials", {"one", "two", "three"}),
        ("priority=high&assignee=me", set()),
    ],
)
def test_filters(dora: Client, cast: Cast, query: str, found: set[str]) -> None:
    cast.ticket(subject="one", priority="high", team=cast.support, tags=["ebay"])
    cast.ticket(subject="two", assignee=cast.dora, tags=["ebay", "angry"])
    three = cast.ticket(subject="three")
    change_ticket(three, {"status": "pending"}, actor=cast.dora)
    rows = dora.get(f"{ALL}?{query}").context["list"].page.items
    assert {ticket.subject for ticket in rows} == found


def test_filters_are_chips_in_words_that_can_be_taken_away(dora: Client, cast: Cast) -> None:
    text = dora.get(f"{ALL}?status=new&status=pending&assignee=me&q=ebay").content.decode()
    assert "status is new, pending" in text
    assert "assignee is me" in text
    assert "text has “ebay”" in text
    assert 'href="?status=new&amp;status=pending&amp;assignee=me"' in text


@pytest.mark.parametrize(
    "query",
    [
        "team=abc",
        "team=99999999999999999999",
        "assignee=-1",
        "status=lost",
        "category=1.5",
        "order=owner__password",
        "cursor=%00",
        "cursor=eyJ4IjoxfQ",
        "q=%00",
        "q=%ff%fe",
        "tag=%00a",
        "status=%ff",
        "x__startswith=a&_connector=OR",
        "q='&q=%22%27%3A%2A%28%29%21%7C",
        "order=" + "a" * 2000,
    ],
)
def test_nonsense_in_the_address_is_left_out(dora: Client, cast: Cast, query: str) -> None:
    cast.ticket()
    assert dora.get(f"{ALL}?{query}").status_code == 200


def test_what_was_not_understood_is_told(dora: Client, cast: Cast) -> None:
    assert "Not understood and left out: team “abc”" in dora.get(f"{ALL}?team=abc").content.decode()


@pytest.mark.parametrize("key", ["nope", "team-legal", "%00", "a" * 300])
def test_unknown_views_are_not_found(dora: Client, cast: Cast, key: str) -> None:
    assert dora.get(f"/desk/views/{key}/").status_code == 404


def test_pages_follow_by_key(dora: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.lists.PAGE_SIZE", 3)
    numbers = [cast.ticket().number for _ in range(8)]
    seen, cursor = [], ""
    while cursor is not None:
        page = dora.get(ALL, {"order": "number", "cursor": cursor}).context["list"].page
        seen += [ticket.number for ticket in page.items]
        cursor = page.next
    assert seen == numbers[::-1]


@pytest.mark.parametrize("key", ["abc", "", "\ud800", float("nan"), float("inf"), True, 1.5, "2026-13-45T00:00:00Z"])
@pytest.mark.parametrize("order", ["updated", "priority", "number"])
def test_a_made_up_cursor_starts_at_the_beginning(dora: Client, cast: Cast, order: str, key: object) -> None:
    cast.ticket()
    content = json.dumps({"o": order, "k": key, "t": "n", "i": 5, "b": False})
    cursor = base64.urlsafe_b64encode(content.encode()).decode()
    answer = dora.get(ALL, {"order": order, "cursor": cursor})
    assert (answer.status_code, len(answer.context["list"].page.items)) == (200, 1)


def test_long_names_in_any_script_page_on(dora: Client) -> None:
    Organisation.objects.all().delete()
    made = [Organisation.objects.create(name=f"{number:02}" + "語" * 190) for number in range(60)]
    first = dora.get("/desk/organisations/").context["page"]
    second = dora.get("/desk/organisations/", {"cursor": first.next}).context["page"]
    assert [found.pk for found in [*first.items, *second.items]] == [one.pk for one in made]


def test_a_number_in_the_search_box_opens_the_ticket(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    assert dora.get(ALL, {"q": f"#{ticket.number}"}).url == f"/desk/tickets/{ticket.number}/"


def test_columns_are_remembered(dora: Client, cast: Cast) -> None:
    cast.ticket(tags=["blue"])
    assert "blue" not in dora.get(ALL).content.decode()
    answer = dora.post("/desk/columns/", {"column": ["tags", "nonsense"], "back": f"{ALL}?status=new"})
    assert answer.url == f"{ALL}?status=new"
    assert "blue" in dora.get(ALL).content.decode()


@pytest.mark.parametrize(
    "back", ["//evil.example/", "https://evil.example/", "/\\evil", "javascript:alert(1)", "/desk/\n//x"]
)
def test_going_back_stays_on_the_site(dora: Client, cast: Cast, back: str) -> None:
    url = dora.post("/desk/columns/", {"back": back}).url
    assert url.startswith("/desk/") and "\n" not in url


def test_bulk_change_of_everything_chosen(dora: Client, cast: Cast) -> None:
    tickets = [cast.ticket(tags=["old"]) for _ in range(3)]
    answer = dora.post(
        "/desk/bulk/",
        {
            "ticket": [ticket.pk for ticket in tickets],
            "status": "open",
            "priority": "high",
            "assignee": "me",
            "team": str(cast.support.pk),
            "add_tags": "new, shiny",
            "remove_tags": "old",
            "back": ALL,
        },
        follow=True,
    )
    assert "3 tickets changed." in answer.content.decode()
    for ticket in Ticket.objects.all():
        assert (ticket.status, ticket.priority, ticket.assignee, ticket.team) == (
            "open",
            "high",
            cast.dora,
            cast.support,
        )
        assert sorted(ticket.tags.values_list("name", flat=True)) == ["new", "shiny"]


def test_bulk_change_tells_what_was_refused(dora: Client, cast: Cast) -> None:
    fine, closed = cast.ticket(), cast.ticket()
    for status in ("solved", "closed"):
        change_ticket(closed, {"status": status}, actor=None)
    answer = dora.post("/desk/bulk/", {"ticket": [fine.pk, closed.pk], "priority": "low", "back": ALL}, follow=True)
    text = answer.content.decode()
    assert "1 ticket changed." in text
    assert f"#{closed.number}: This ticket is closed" in text
    assert Ticket.objects.get(pk=fine.pk).priority == "low"


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"ticket": "abc", "priority": "low"},
        {"ticket": "99999999999999999999", "priority": "low"},
        {"ticket": "1"},
        {"ticket": "1", "assignee": "\x00"},
        {"ticket": "1", "team": "x"},
        {"ticket": "1", "priority": "\x00"},
    ],
)
def test_bulk_nonsense_changes_nothing(dora: Client, cast: Cast, data: dict[str, str]) -> None:
    ticket = cast.ticket()
    if data.get("ticket") == "1":
        data = data | {"ticket": str(ticket.pk)}
    assert dora.post("/desk/bulk/", data).status_code == 302
    assert Ticket.objects.get(pk=ticket.pk).version == 1


def test_the_next_ticket_is_the_most_urgent_of_mine(dora: Client, cast: Cast) -> None:
    cast.ticket(assignee=cast.dora)
    urgent = cast.ticket(assignee=cast.dora, priority="critical")
    cast.ticket(priority="critical")
    assert dora.get("/desk/next/").url == f"/desk/tickets/{urgent.number}/"


def test_nothing_to_do_is_said_kindly(dora: Client, cast: Cast) -> None:
    assert "Nothing is waiting for you" in dora.get("/desk/next/", follow=True).content.decode()
