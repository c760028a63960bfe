"""Copies, followers, links, merge, split, time."""

import pytest
from django.test import Client

from people.models import User
from tests.cast import Cast
from tickets import actions
from tickets.models import HandleTime, Ticket, TicketLink


def do(client: Client, ticket: Ticket, deed: str, **data: object) -> object:
    return client.post(f"/desk/tickets/{ticket.number}/{deed}/", data, follow=True)


def test_people_in_copy(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    do(dora, ticket, "cc", email="New.Person@Example.org", name="New Person")
    person = User.objects.get(email="new.person@example.org")
    text = do(dora, ticket, "cc", email="alice@example.com").content.decode()
    assert "Alice is on this ticket already." in text
    assert "New Person" in text
    do(dora, ticket, "participants/remove", user=person.pk)
    assert not ticket.participants.exists()


def test_a_bad_address_is_told_and_kept(dora: Client, cast: Cast) -> None:
    answer = do(dora, cast.ticket(), "cc", email="nobody at home")
    assert answer.status_code == 400
    assert "Enter a valid mail address." in answer.content.decode()
    assert 'value="nobody at home"' in answer.content.decode()


def test_followers(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    do(dora, ticket, "follow", on="1")
    do(dora, ticket, "followers", user=cast.lena.pk)
    assert set(ticket.participants.values_list("user__name", flat=True)) == {"Dora", "Lena"}
    do(dora, ticket, "follow", on="0")
    assert ticket.participants.count() == 1
    assert do(dora, ticket, "followers", user=cast.bob.pk).status_code == 400
    assert do(dora, ticket, "followers", user="x").status_code == 400


def test_links(dora: Client, cast: Cast) -> None:
    one, two = cast.ticket(), cast.ticket()
    text = do(dora, one, "links", target=f"#{two.number}", kind="child").content.decode()
    assert "Child of" in text
    assert "Parent of" in dora.get(f"/desk/tickets/{two.number}/").content.decode()
    assert do(dora, two, "links", target=str(one.number), kind="child").status_code == 400
    link = TicketLink.objects.get()
    assert do(dora, cast.ticket(), "links/remove", link=link.pk).status_code == 404
    do(dora, two, "links/remove", link=link.pk)
    assert not TicketLink.objects.exists()


@pytest.mark.parametrize("target", ["", "abc", "99999999999999999999", "0", "\x00"])
def test_links_to_nothing(dora: Client, cast: Cast, target: str) -> None:
    answer = do(dora, cast.ticket(), "links", target=target, kind="related")
    assert answer.status_code == 400
    assert "There is no ticket with this number." in answer.content.decode()


def test_merge(dora: Client, cast: Cast) -> None:
    one, two = cast.ticket(body="first words"), cast.ticket(body="second words")
    text = do(dora, one, "merge", target=str(two.number)).content.decode()
    assert "first words" in text and "second words" in text
    merged = dora.get(f"/desk/tickets/{one.number}/").content.decode()
    assert f"#{two.number} {two.subject}" in merged
    assert do(dora, two, "merge", target=str(two.number)).status_code == 400


def test_split_by_choosing_messages(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    moved = actions.add_message(ticket, actor=cast.alice, body="And something else", channel="portal")
    assert "Split off" in dora.get(f"/desk/tickets/{ticket.number}/?split=1").content.decode()
    answer = do(dora, ticket, "split", subject="Something else", message=[moved.pk])
    assert answer.context["ticket"].subject == "Something else"
    assert "And something else" in answer.content.decode()


def test_a_split_that_cannot_be_is_told(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    answer = do(dora, ticket, "split", subject="Kept subject", message=["x", "4711"])
    assert answer.status_code == 400
    assert "Choose at least one message." in answer.content.decode()
    assert 'value="Kept subject"' in answer.content.decode()


def test_handle_time(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    do(dora, ticket, "time", minutes="12,5", note="phone")
    entry = HandleTime.objects.get()
    assert (entry.seconds, entry.agent, entry.note) == (750, cast.dora, "phone")
    assert "12 min in all" in dora.get(f"/desk/tickets/{ticket.number}/").content.decode()


@pytest.mark.parametrize("minutes", ["", "abc", "-5", "0", "nan", "inf", "1e9", "99999"])
def test_time_that_is_none(dora: Client, cast: Cast, minutes: str) -> None:
    answer = do(dora, cast.ticket(), "time", minutes=minutes)
    assert answer.status_code == 400
    assert "Minutes, like 5 or 12.5" in answer.content.decode()
    assert not HandleTime.objects.exists()
