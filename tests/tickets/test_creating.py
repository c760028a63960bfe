"""Opening tickets."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from core.errors import Conflict, Invalid, NotAllowed
from core.models import Event
from tests.cast import Cast, make_cast
from tickets import actions
from tickets.actions import NewTicket
from tickets.models import Ticket


def test_a_new_ticket_keeps_what_was_said_and_records_it(cast: Cast) -> None:
    ticket = cast.ticket()
    message = ticket.messages.get()
    assert (ticket.status, ticket.priority, ticket.channel) == ("new", "normal", "portal")
    assert ticket.organisation == cast.acme
    assert (message.body, message.author, message.visibility, message.by_staff) == (
        "It says that my credentials are wrong.", cast.alice, "public", False,
    )  # fmt: skip
    event = Event.objects.about("ticket", ticket.pk).get()
    assert event.kind == "ticket.created"
    assert event.actor_id == cast.alice.pk
    assert event.payload["requester_id"] == cast.alice.pk
    assert "credentials" not in str(event.payload)


def test_numbers_rise(cast: Cast) -> None:
    first, second = cast.ticket(), cast.ticket()
    assert 1000 < first.number < second.number


@pytest.mark.parametrize("subject", ["", "   ", "\x00", "x" * 251])
def test_a_subject_is_one_line_of_1_to_250_characters(cast: Cast, subject: str) -> None:
    with pytest.raises(Invalid) as error:
        cast.ticket(subject=subject)
    assert list(error.value.fields) == ["subject"]
    assert not Ticket.objects.exists()


def test_line_breaks_in_a_subject_become_blanks(cast: Cast) -> None:
    assert cast.ticket(subject="Help\r\nBcc: all@example.com").subject == "Help Bcc: all@example.com"


@pytest.mark.parametrize("body", ["", " \n ", "\x00\x00", "x" * 500_001])
def test_a_body_is_needed_and_has_an_end(cast: Cast, body: str) -> None:
    with pytest.raises(Invalid) as error:
        cast.ticket(body=body)
    assert list(error.value.fields) == ["body"]


@pytest.mark.parametrize(
    "body", ["\ud800 half a pair", "שלום 🎉", "{{7*7}} {product_purchased}", "a\x00b", "ก" * 400_000]
)
def test_odd_text_is_kept_as_far_as_it_can_be_stored(cast: Cast, body: str) -> None:
    kept = cast.ticket(body=body).messages.get().body
    assert kept == body.replace("\x00", "").replace("\ud800", "\ufffd")


def test_the_same_token_again_gives_the_first_ticket(cast: Cast) -> None:
    first = cast.ticket(client_token="t1")
    assert cast.ticket(client_token="t1", subject="Again").pk == first.pk
    assert Event.objects.filter(kind="ticket.created").count() == 1
    with pytest.raises(Conflict):
        cast.ticket(requester=cast.charlie, client_token="t1")


def test_customers_open_tickets_for_themselves_only(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        cast.ticket(actor=cast.charlie)


def test_what_routing_decides_is_not_the_customers_to_say(cast: Cast) -> None:
    ticket = cast.ticket(
        actor=cast.alice, priority="critical", team=cast.legal, assignee=cast.dora, tags=["vip"], status="closed"
    )
    assert (ticket.priority, ticket.team, ticket.assignee, ticket.status) == ("normal", None, None, "new")
    assert not ticket.tags.exists()


def test_a_batch_takes_as_many_statements_as_one(cast: Cast) -> None:
    def statements(count: int) -> int:
        news = [
            NewTicket(requester=cast.alice, subject=f"S{i}", body="B", channel="api", tags=["a", "b"], cc=[cast.bob])
            for i in range(count)
        ]
        with CaptureQueriesContext(connection) as captured:
            actions.create_tickets(news, actor=None)
        return len(captured)

    statements(1)
    assert statements(40) == statements(1)
    assert statements(1) <= 20


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_get_fifty_numbers() -> None:
    cast = make_cast()
    barrier = threading.Barrier(10)

    def work(worker: int) -> list[int]:
        barrier.wait()
        try:
            return [cast.ticket(subject=f"{worker}/{i}").number for i in range(5)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        numbers = [number for found in pool.map(work, range(10)) for number in found]
    assert len(set(numbers)) == 50 == Ticket.objects.count()


@pytest.mark.django_db(transaction=True)
def test_a_double_click_makes_one_ticket() -> None:
    cast = make_cast()
    barrier = threading.Barrier(6)

    def work(_: int) -> int:
        barrier.wait()
        try:
            return cast.ticket(client_token="same").pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(work, range(6)))) == 1
    assert Ticket.objects.count() == 1
    assert Event.objects.filter(kind="ticket.created").count() == 1


def test_what_staff_write_at_the_desk_for_somebody_are_their_own_words(cast: Cast) -> None:
    ticket = cast.ticket(actor=cast.dora, channel="web")
    message = ticket.messages.get()
    assert (message.author, message.by_staff, ticket.first_responded_at) == (cast.dora, True, None)
    assert cast.ticket(actor=cast.dora, channel="phone").messages.get().author == cast.alice
