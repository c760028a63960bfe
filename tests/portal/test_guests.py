"""The signed link: one ticket, one person, and only what the customer may see."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tests.cast import Cast
from tests.portal.helpers import PNG, SECRET, fetched, note, say, upload
from tickets import actions
from tickets.guest_links import make_token
from tickets.models import Ticket

Url = Callable[..., str]


@pytest.fixture
def ticket(cast: Cast) -> Ticket:
    made = cast.ticket()
    note(made, cast.dora)
    say(made, cast.dora, "An answer.")
    return made


def test_the_link_shows_the_public_side_without_a_login(
    cast: Cast, ticket: Ticket, client: Client, guest_url: Url
) -> None:
    answer = client.get(guest_url(ticket, cast.alice))
    page = answer.content.decode()
    assert answer.status_code == 200 and "An answer." in page
    assert SECRET not in page and cast.dora.email not in page
    assert "_auth_user_id" not in client.session
    assert client.get("/requests/").status_code == 302


def test_its_pages_are_kept_nowhere_and_its_address_goes_nowhere(
    cast: Cast, ticket: Ticket, client: Client, guest_url: Url
) -> None:
    for url in (guest_url(ticket, cast.alice), "/t/forged/"):
        answer = client.get(url)
        assert "no-store" in answer["Cache-Control"]
        assert "noindex" in answer["X-Robots-Tag"]
        assert answer["Referrer-Policy"] in ("same-origin", "no-referrer")


def test_opening_it_changes_nothing(cast: Cast, ticket: Ticket, client: Client, guest_url: Url) -> None:
    before = Ticket.objects.values().get(pk=ticket.pk)
    for act in ("", "reply/", "solve/", "reopen/", "uploads/"):
        client.get(guest_url(ticket, cast.alice, act))
        client.head(guest_url(ticket, cast.alice, act))
    assert Ticket.objects.values().get(pk=ticket.pk) == before


def test_the_guest_answers_solves_and_reopens(cast: Cast, ticket: Ticket, client: Client, guest_url: Url) -> None:
    client.post(guest_url(ticket, cast.alice, "reply/"), {"body": "By link.", "visibility": "internal"})
    said = ticket.messages.latest("id")
    assert (said.author, said.visibility, said.channel) == (cast.alice, "public", "portal")
    client.post(guest_url(ticket, cast.alice, "solve/"))
    assert Ticket.objects.get(pk=ticket.pk).status == "solved"
    client.post(guest_url(ticket, cast.alice, "reopen/"))
    assert Ticket.objects.get(pk=ticket.pk).status == "open"


def test_the_guest_attaches_and_takes_back(cast: Cast, ticket: Ticket, client: Client, guest_url: Url) -> None:
    file = {"file": SimpleUploadedFile("a.txt", b"x")}
    made = client.post(guest_url(ticket, cast.alice, "uploads/"), file).json()["id"]
    assert client.post(guest_url(ticket, cast.alice, f"uploads/{made}/remove/")).status_code == 204
    kept = client.post(guest_url(ticket, cast.alice, "uploads/"), {"file": SimpleUploadedFile("b.png", PNG)}).json()[
        "id"
    ]
    client.post(guest_url(ticket, cast.alice, "reply/"), {"body": "Look.", "uploads": [kept]})
    shown, content = fetched(client, guest_url(ticket, cast.alice, f"attachments/{kept}/"))
    assert content == PNG and shown["Content-Disposition"].startswith("attachment")


def test_a_post_needs_the_forms_token(cast: Cast, ticket: Ticket, guest_url: Url) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(guest_url(ticket, cast.alice, "solve/")).status_code == 403
    assert Ticket.objects.get(pk=ticket.pk).status == "open"


@pytest.mark.parametrize("act", ["", "reply/", "solve/", "reopen/", "uploads/"])
def test_a_forged_token_opens_nothing(cast: Cast, ticket: Ticket, client: Client, act: str) -> None:
    token = make_token(ticket, cast.alice)
    other = make_token(cast.ticket(requester=cast.charlie), cast.charlie)
    mixed = other.partition(":")[0] + ":" + token.partition(":")[2]
    for forged in (token[:-1] + ("A" if token[-1] != "A" else "B"), mixed, "x", "%00", "a" * 5000, "::", f"{token}x"):
        url = f"/t/{forged}/{act}"
        answer = client.post(url, {"body": "hi"}) if act else client.get(url)
        assert answer.status_code == 404, forged
        assert "This link does not work" in answer.content.decode() and "Log in" in answer.content.decode()
        assert ticket.subject not in answer.content.decode()
    assert ticket.messages.count() == 3


def test_an_empty_token_is_no_page(cast: Cast, client: Client) -> None:
    assert client.get("/t//").status_code == 404


def test_it_expires(cast: Cast, ticket: Ticket, client: Client, guest_url: Url) -> None:
    url = guest_url(ticket, cast.alice)
    with time_machine.travel(timezone.now() + timedelta(days=29)):
        assert client.get(url).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert client.get(url).status_code == 404


def test_it_ends_with_the_right_to_see(cast: Cast, ticket: Ticket, client: Client, guest_url: Url) -> None:
    actions.add_participants(ticket, [cast.charlie], actor=cast.alice)
    url = guest_url(ticket, cast.charlie)
    assert client.get(url).status_code == 200
    actions.remove_participant(ticket, cast.charlie, actor=cast.charlie)
    assert client.get(url).status_code == 404


def test_it_is_no_way_in_for_staff_nor_for_the_deactivated(
    cast: Cast, ticket: Ticket, client: Client, guest_url: Url
) -> None:
    cast.bob.is_active = False
    cast.bob.save()
    own = cast.ticket(requester=cast.alice)
    for user in (cast.dora, cast.adam, cast.bob):
        assert client.get(guest_url(own, user)).status_code == 404


def test_one_tickets_link_gives_no_other_tickets_files(
    cast: Cast, ticket: Ticket, client: Client, guest_url: Url
) -> None:
    file = upload(cast.alice)
    other = cast.ticket(attachment_ids=[file.pk], actor=cast.alice)
    assert client.get(guest_url(ticket, cast.alice, f"attachments/{file.pk}/")).status_code == 404
    assert fetched(client, guest_url(other, cast.alice, f"attachments/{file.pk}/"))[0].status_code == 200


def test_a_reply_to_a_closed_request_leads_to_the_follow_up(
    cast: Cast, ticket: Ticket, client: Client, guest_url: Url
) -> None:
    actions.change_ticket(ticket, {"status": "solved"}, actor=cast.dora)
    actions.change_ticket(ticket, {"status": "closed"}, actor=None)
    answer = client.post(guest_url(ticket, cast.alice, "reply/"), {"body": "Again!"}, follow=True)
    assert f"#{Ticket.objects.latest('id').number}" in answer.content.decode()
    assert "Again!" in answer.content.decode()
