"""One effect for one Idempotency-Key."""

import threading
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from api.models import IdempotencyRecord, RequestCount
from api.tasks import forget
from core.models import Event
from people.models import User
from tests.api.caller import Caller
from tests.cast import Cast, make_cast
from tickets.models import Attachment, Message, Ticket

NEW = {"subject": "s", "body": "b", "requester": {"email": "zoe@new.example"}}
KEY = {"Idempotency-Key": "order-17"}


def test_the_same_again_gets_the_same_answer(cast: Cast, dora: Any) -> None:
    first = dora.post("tickets/", NEW, headers=KEY)
    events = Event.objects.count()
    again = dora.post("tickets/", dict(reversed(NEW.items())), headers=KEY)
    assert first.status_code == again.status_code == 201
    assert again.data == first.data and again.headers["Idempotent-Replayed"] == "true"
    assert Ticket.objects.count() == 1 and Event.objects.count() == events


def test_another_body_is_refused(cast: Cast, dora: Any) -> None:
    dora.post("tickets/", NEW, headers=KEY)
    for path, body in (("tickets/", NEW | {"subject": "t"}), ("customers/", {"email": "a@new.example"})):
        answer = dora.post(path, body, headers=KEY)
        assert answer.status_code == 422 and answer.data["code"] == "idempotency_key_reused"
    assert Ticket.objects.count() == 1 and not User.objects.filter(email="a@new.example").exists()


def test_a_refused_request_leaves_the_key_free(cast: Cast, dora: Any) -> None:
    assert dora.post("tickets/", NEW | {"subject": ""}, headers=KEY).status_code == 400
    assert not IdempotencyRecord.objects.exists()
    assert dora.post("tickets/", NEW, headers=KEY).status_code == 201


def test_keys_are_each_tokens_own(cast: Cast, dora: Any, as_: Any) -> None:
    numbers = {
        caller.post("tickets/", NEW, headers=KEY).data["number"] for caller in (dora, as_(cast.dora), as_(cast.erik))
    }
    assert len(numbers) == 3


@pytest.mark.parametrize("key", ["", "x" * 256, "a\x01b", "é"])
def test_bad_keys(cast: Cast, dora: Any, key: str) -> None:
    answer = dora.post("tickets/", NEW, headers={"Idempotency-Key": key})
    assert answer.status_code == 400 and not Ticket.objects.exists()
    assert dora.post("tickets/", NEW, headers={"Idempotency-Key": "x" * 255}).status_code == 201


def test_messages_with_files(cast: Cast, dora: Any) -> None:
    path = f"tickets/{cast.ticket().number}/messages/"

    def send(content: bytes) -> Any:
        return dora.upload(path, {"body": "x", "attachments": SimpleUploadedFile("a.txt", content)}, **KEY)

    first = send(b"one")
    assert first.status_code == 201 and send(b"one").data == first.data
    assert send(b"two").status_code == 422
    assert Message.objects.count() == 2 and Attachment.objects.count() == 1


def test_a_customers_message(cast: Cast, alice: Any) -> None:
    path = f"tickets/{cast.ticket().number}/messages/"
    first, again = (alice.post(path, {"body": "x"}, headers=KEY) for _ in range(2))
    assert first.data == again.data and Message.objects.count() == 2


def test_a_ticket_costs_a_bounded_number_of_statements(cast: Cast, dora: Any) -> None:
    dora.get("teams/")
    body = NEW | {
        "tags": ["a", "b", "c"],
        "cc": ["bob@example.com", "new@new.example"],
        "requester": {"email": "bob@example.com"},
    }
    counts = []
    for given in (NEW, body):
        with CaptureQueriesContext(connection) as caught:
            assert (
                dora.post("tickets/", given, headers={"Idempotency-Key": given["requester"]["email"]}).status_code
                == 201
            )
        counts.append(len([query for query in caught if "SAVEPOINT" not in query["sql"]]))
    assert counts[0] <= 20 and counts[1] <= 25, counts


def test_answers_are_forgotten_after_a_week(cast: Cast, dora: Any) -> None:
    dora.post("tickets/", NEW, headers=KEY)
    with time_machine.travel("2126-01-01"):
        assert forget() > 1
    assert not IdempotencyRecord.objects.exists() and not RequestCount.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_ticket(as_: Any) -> None:
    dora: Caller = as_(make_cast().dora)
    answers: list[Any] = []
    start = threading.Barrier(8)

    def send() -> None:
        caller = Caller()
        caller.headers = dora.headers
        start.wait(10)
        answers.append(caller.post("tickets/", NEW, headers=KEY))
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [answer.status_code for answer in answers] == [201] * 8
    assert len({answer.data["number"] for answer in answers}) == 1
    assert Ticket.objects.count() == 1 and User.objects.filter(email="zoe@new.example").count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_at_once_with_keys_of_their_own_make_many_tickets(as_: Any) -> None:
    dora: Caller = as_(make_cast().dora)
    answers: list[Any] = []

    def send(worker: int) -> None:
        caller = Caller()
        caller.headers = dora.headers
        keys = ({"Idempotency-Key": f"{worker}-{i}"} for i in range(4))
        answers.extend(caller.post("tickets/", NEW, headers=key) for key in keys)
        connections.close_all()

    threads = [threading.Thread(target=send, args=[worker]) for worker in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.data["number"] for answer in answers}) == Ticket.objects.count() == 20
