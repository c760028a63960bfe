"""A reply that is being written is kept: for its writer alone, and until it is sent."""

from collections.abc import Callable

import pytest
import time_machine
from django.test import Client

from people.models import User
from tests.cast import Cast
from tests.portal.helpers import say
from tickets import actions
from tickets.models import Draft, Ticket

As = Callable[[User], Client]
Url = Callable[..., str]


@pytest.fixture
def ticket(cast: Cast) -> Ticket:
    made = cast.ticket()
    say(made, cast.dora, "An answer.")
    return made


def page_of(browser: Client, ticket: Ticket) -> str:
    return browser.get(f"/requests/{ticket.number}/").content.decode()


def keep(browser: Client, ticket: Ticket, body: str, **more: str) -> int:
    return browser.post(f"/requests/{ticket.number}/draft/", {"body": body, **more}).status_code


def test_what_was_typed_is_there_on_another_device(cast: Cast, ticket: Ticket, as_: As) -> None:
    with time_machine.travel("2026-11-20T16:21:30Z", tick=False):
        answer = as_(cast.alice).post(f"/requests/{ticket.number}/draft/", {"body": "Half a\r\nsentence"})
        assert (answer.status_code, answer.json()) == (200, {"saved": "16:21"})
        page = page_of(as_(cast.alice), ticket)
    assert ">\nHalf a\nsentence</textarea>" in page and "Draft saved 16:21<" in page
    with time_machine.travel("2026-11-22T09:00:00Z", tick=False):
        assert "Draft saved 20 Nov, 16:21<" in page_of(as_(cast.alice), ticket)


def test_the_last_words_stand_and_blank_ones_clear_them(cast: Cast, ticket: Ticket, as_: As) -> None:
    browser = as_(cast.alice)
    assert [keep(browser, ticket, body) for body in ("One", "One two")] == [200, 200]
    assert Draft.objects.get().body == "One two"
    assert keep(browser, ticket, " \n ") == 204
    assert not Draft.objects.exists() and "Draft saved" not in page_of(browser, ticket)


def test_it_is_public_whatever_is_asked_for(cast: Cast, ticket: Ticket, as_: As) -> None:
    assert keep(as_(cast.alice), ticket, "Mine", visibility="internal", author=str(cast.dora.pk)) == 200
    draft = Draft.objects.get()
    assert (draft.author, draft.visibility) == (cast.alice, "public")


def test_nobody_sees_anybody_elses(cast: Cast, ticket: Ticket, as_: As, guest_url: Url) -> None:
    actions.save_draft(ticket, actor=cast.dora, body="Staff's draft")
    actions.save_draft(ticket, actor=cast.dora, body="Staff's note", visibility="internal")
    keep(as_(cast.alice), ticket, "Of Alice")
    keep(as_(cast.carol), ticket, "Of Carol")
    hers, carols = page_of(as_(cast.alice), ticket), page_of(as_(cast.carol), ticket)
    assert "Of Alice" in hers and "Of Carol" not in hers and "Staff" not in hers
    assert "Of Carol" in carols and "Of Alice" not in carols and "Staff" not in carols
    guest = Client().get(guest_url(ticket, cast.carol)).content.decode()
    assert "Of Carol" in guest and "Of Alice" not in guest


@pytest.mark.parametrize("name", ["charlie", "bob", "dora", "adam"])
def test_those_who_may_not_answer_keep_nothing(cast: Cast, ticket: Ticket, as_: As, name: str) -> None:
    assert keep(as_(getattr(cast, name)), ticket, "Not mine") == 404
    assert keep(Client(), ticket, "Nobody's") == 302
    assert not Draft.objects.exists()


def test_one_too_long_is_refused_and_the_one_before_stays(cast: Cast, ticket: Ticket, as_: As) -> None:
    browser = as_(cast.alice)
    keep(browser, ticket, "Short enough")
    answer = browser.post(f"/requests/{ticket.number}/draft/", {"body": "x" * 500_001})
    assert (answer.status_code, answer.json()) == (413, {"error": "At most 500,000 characters."})
    assert keep(browser, ticket, "x" * 4_300_000) == 400
    assert Draft.objects.get().body == "Short enough"


def test_too_many_in_a_minute_are_told(cast: Cast, ticket: Ticket, as_: As) -> None:
    browser = as_(cast.alice)
    with time_machine.travel("2026-11-20T16:21:30Z", tick=False):
        assert {keep(browser, ticket, f"Draft {number}") for number in range(60)} == {200}
        assert keep(browser, ticket, "One more") == 429
        assert keep(as_(cast.carol), ticket, "Somebody else's first") == 200


def test_a_guest_keeps_one_by_the_link(cast: Cast, ticket: Ticket, client: Client, as_: As, guest_url: Url) -> None:
    answer = client.post(guest_url(ticket, cast.alice, "draft/"), {"body": "By the link"})
    assert answer.status_code == 200 and "no-store" in answer["Cache-Control"]
    page = client.get(guest_url(ticket, cast.alice)).content.decode()
    assert "By the link</textarea>" in page and 'data-draft="/t/' in page
    assert "By the link</textarea>" in page_of(as_(cast.alice), ticket)
    assert client.post("/t/forged/draft/", {"body": "Forged"}).status_code == 404
    assert client.get(guest_url(ticket, cast.alice, "draft/")).status_code == 405
    assert Draft.objects.get().body == "By the link"


def test_it_needs_the_forms_token(cast: Cast, ticket: Ticket, guest_url: Url) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(guest_url(ticket, cast.alice, "draft/"), {"body": "x"}).status_code == 403
    strict.get(guest_url(ticket, cast.alice))
    headers = {"X-CSRFToken": strict.cookies["csrftoken"].value}
    assert strict.post(guest_url(ticket, cast.alice, "draft/"), {"body": "x"}, headers=headers).status_code == 200


@pytest.mark.parametrize("status", ["open", "solved", "closed"])
def test_it_is_gone_once_sent(cast: Cast, ticket: Ticket, as_: As, status: str) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(status=status)
    browser = as_(cast.alice)
    keep(browser, ticket, "Nearly done")
    actions.save_draft(ticket, actor=cast.dora, body="Staff's draft")
    sent = {"body": "Done.", "client_token": "a" * 32}
    assert browser.post(f"/requests/{ticket.number}/reply/", sent).status_code == 302
    assert keep(browser, ticket, "Nearly done", client_token="a" * 32) == 204  # overtaken by its message
    assert [draft.author for draft in Draft.objects.all()] == [cast.dora]


def test_a_refused_replys_words_win_and_the_draft_stays(cast: Cast, ticket: Ticket, as_: As) -> None:
    browser = as_(cast.alice)
    keep(browser, ticket, "The older draft")
    long = "Newer words " + "x" * 500_000
    page = browser.post(f"/requests/{ticket.number}/reply/", {"body": long}).content.decode()
    assert "Newer words" in page and "The older draft" not in page and "data-unsaved" in page
    assert "Draft saved" not in page and Draft.objects.get().body == "The older draft"
    other = browser.post(f"/requests/{ticket.number}/copy/", {"email": "no address"}).content.decode()
    assert "The older draft</textarea>" in other and "data-unsaved" not in other


def test_it_is_shown_as_text(cast: Cast, ticket: Ticket, as_: As) -> None:
    browser = as_(cast.alice)
    keep(browser, ticket, "\n</textarea><script>alert(1)</script>\x00&amp;")
    page = page_of(browser, ticket)
    assert "<script>alert" not in page
    assert ">\n\n&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;</textarea>" in page


def test_it_costs_the_page_no_more_than_one_statement(
    cast: Cast, ticket: Ticket, as_: As, django_assert_num_queries: Callable[..., object]
) -> None:
    browser = as_(cast.alice)
    with django_assert_num_queries(9):  # type: ignore[attr-defined]
        page_of(browser, ticket)
    keep(browser, ticket, "Kept")
    with django_assert_num_queries(9):  # type: ignore[attr-defined]
        page_of(browser, ticket)
