"""Staff only; and of the staff, only those who may see the ticket."""

import pytest
from django.test import Client
from django.urls import reverse

from desk.urls import urlpatterns
from tests.cast import Cast
from tests.desk.conftest import Login
from tickets.actions import change_ticket
from tickets.models import Message, Ticket

UUID = "6e0a1c1e-5f0e-4a41-9d0f-0a0a0a0a0a0a"
ARGUMENTS = {"key": "all", "number": 1, "pk": 1}


def addresses(ticket: Ticket) -> list[str]:
    found = []
    for pattern in urlpatterns:
        names = pattern.pattern.regex.groupindex
        given = {name: ARGUMENTS[name] for name in names}
        if "number" in given:
            given["number"] = ticket.number
        if "uuid" in str(pattern.pattern):
            given["pk"] = UUID
        found.append(reverse(f"desk:{pattern.name}", kwargs=given))
    return found


def test_strangers_log_in_first(cast: Cast, client: Client) -> None:
    ticket = cast.ticket()
    for address in addresses(ticket):
        for answer in (client.get(address), client.post(address)):
            assert answer.status_code in (302, 405), address
            if answer.status_code == 302:
                assert answer.url.startswith("/accounts/login/?next=/desk/"), address


def test_a_page_asked_for_comes_back_after_the_login(cast: Cast, client: Client) -> None:
    answer = client.get("/desk/tickets/5/?split=1")
    assert answer.url == "/accounts/login/?next=/desk/tickets/5/%3Fsplit%3D1"


def test_customers_find_nothing(cast: Cast, login: Login) -> None:
    ticket = cast.ticket()
    alice = login(cast.alice)
    for address in addresses(ticket):
        for answer in (alice.get(address), alice.post(address)):
            assert answer.status_code in (404, 405), address
            assert "credentials" not in answer.content.decode()


@pytest.fixture
def secret(cast: Cast) -> Ticket:
    """A ticket of the closed team."""
    return cast.ticket(subject="Marker-7731", team=cast.legal, assignee=cast.erik)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("ticket", None),
        ("history", None),
        ("change", {"field": "priority", "value": "low"}),
        ("message", {"visibility": "internal", "body": "hello"}),
        ("draft", {"visibility": "public", "body": "hello"}),
        ("take", {}),
        ("follow", {"on": "1"}),
        ("cc", {"email": "x@example.com"}),
        ("follower", {"user": "1"}),
        ("remove-participant", {"user": "1"}),
        ("link", {"target": "1", "kind": "related"}),
        ("merge", {"target": "1"}),
        ("split", {"subject": "x", "message": "1"}),
        ("follow-up", {"body": "x"}),
        ("time", {"minutes": "5"}),
    ],
)
def test_a_closed_team_is_closed(dora: Client, secret: Ticket, name: str, data: dict[str, str] | None) -> None:
    address = reverse(f"desk:{name}", args=[secret.number])
    answer = dora.get(address) if data is None else dora.post(address, data)
    assert answer.status_code == 404
    assert "Marker-7731" not in answer.content.decode()
    fresh = Ticket.objects.get(pk=secret.pk)
    assert (fresh.version, fresh.priority, Message.objects.filter(ticket=secret).count()) == (1, "normal", 1)


def test_lists_and_search_hide_a_closed_team(dora: Client, secret: Ticket, cast: Cast, login: Login) -> None:
    for address in ("/desk/views/all/", "/desk/views/all/?q=Marker-7731", f"/desk/views/all/?q={secret.number}"):
        assert "Marker-7731</a>" not in dora.get(address, follow=True).content.decode()
    assert "Marker-7731</a>" in login(cast.erik).get("/desk/views/all/?q=Marker").content.decode()


def test_bulk_change_skips_what_is_not_seen(dora: Client, secret: Ticket) -> None:
    dora.post("/desk/bulk/", {"ticket": [secret.pk], "priority": "low"})
    assert Ticket.objects.get(pk=secret.pk).priority == "normal"


def test_merging_into_or_linking_an_unseen_ticket_is_as_if_it_did_not_exist(
    dora: Client, cast: Cast, secret: Ticket
) -> None:
    mine = cast.ticket()
    for name in ("merge", "link"):
        answer = dora.post(
            reverse(f"desk:{name}", args=[mine.number]), {"target": str(secret.number), "kind": "related"}
        )
        assert answer.status_code == 400
        assert "There is no ticket with this number." in answer.content.decode()
    assert Ticket.objects.get(pk=mine.pk).status == "new"


def test_a_linked_ticket_that_is_not_seen_is_not_named(dora: Client, cast: Cast) -> None:
    from tickets.actions import link_tickets

    mine, other = cast.ticket(), cast.ticket(subject="Marker-7731")
    link_tickets(mine, other, "related", actor=cast.mara)
    change_ticket(other, {"team": cast.legal}, actor=cast.mara)
    text = dora.get(f"/desk/tickets/{mine.number}/").content.decode()
    assert "A ticket you do not see" in text
    assert "Marker-7731" not in text


def test_somebody_who_gives_a_ticket_to_a_closed_team_lands_at_home(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    address = f"/desk/tickets/{ticket.number}/change/"
    answer = dora.post(address, {"field": "team", "value": str(cast.legal.pk), "version": "1"})
    assert answer.status_code == 302 and answer.url == "/desk/"
    other = cast.ticket()
    address = f"/desk/tickets/{other.number}/change/"
    answer = dora.post(address, {"field": "team", "value": str(cast.legal.pk)}, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/desk/"
