"""Merge, split, links, people in copy, handle time."""

from typing import Any

import pytest

from tests.cast import Cast
from tickets.models import Participant, Ticket, TicketLink


@pytest.fixture
def pair(cast: Cast) -> tuple[Ticket, Ticket]:
    return cast.ticket(), cast.ticket(subject="Another")


def test_merge(pair: Any, dora: Any) -> None:
    one, two = pair
    answer = dora.post(f"tickets/{one.number}/merge/", {"into": two.number})
    assert answer.status_code == 200 and answer.data["number"] == two.number
    assert dora.get(f"tickets/{one.number}/").data["status"] == "closed"
    assert dora.post(f"tickets/{one.number}/merge/", {"into": two.number}).status_code == 409


def test_split(pair: Any, dora: Any, alice: Any) -> None:
    one, _ = pair
    message = alice.post(f"tickets/{one.number}/messages/", {"body": "By the way"}).data["id"]
    answer = dora.post(f"tickets/{one.number}/split/", {"messages": [message], "subject": "By the way"})
    assert answer.status_code == 201 and answer.data["number"] not in (one.number,)
    assert dora.post(f"tickets/{one.number}/split/", {"messages": [], "subject": "x"}).status_code == 400
    assert dora.post(f"tickets/{one.number}/split/", {"messages": [10**18], "subject": "x"}).status_code == 400


def test_links(pair: Any, cast: Cast, dora: Any, as_: Any) -> None:
    one, two = pair
    answer = dora.post(f"tickets/{one.number}/links/", {"target": two.number, "kind": "child"})
    assert answer.status_code == 201 and answer.data["target"] == {"number": two.number, "subject": "Another"}
    for number in (one.number, two.number):
        [link] = dora.get(f"tickets/{number}/links/").data["results"]
        assert link["kind"] == "child"
    assert dora.post(f"tickets/{two.number}/links/", {"target": one.number, "kind": "child"}).status_code == 400
    assert dora.post(f"tickets/{one.number}/links/", {"target": one.number, "kind": "child"}).status_code == 400
    other = cast.ticket()
    assert dora.delete(f"tickets/{other.number}/links/{link['id']}/").status_code == 404
    assert dora.delete(f"tickets/{one.number}/links/{link['id']}/").status_code == 204
    assert dora.delete(f"tickets/{one.number}/links/{link['id']}/").status_code == 404


def test_a_closed_teams_ticket_is_no_target(pair: Any, cast: Cast, dora: Any, as_: Any) -> None:
    one, _ = pair
    legal = cast.ticket(team=cast.legal, subject="marker")
    missing = dora.post(f"tickets/{one.number}/links/", {"target": 10**17, "kind": "related"}).data
    for path, body in (("merge", {"into": legal.number}), ("links", {"target": legal.number, "kind": "related"})):
        answer = dora.post(f"tickets/{one.number}/{path}/", body)
        assert answer.status_code == 400 and answer.data["detail"] == missing["detail"]
    as_(cast.erik).post(f"tickets/{one.number}/links/", {"target": legal.number, "kind": "related"})
    assert TicketLink.objects.count() == 1
    assert dora.get(f"tickets/{one.number}/links/").data["results"] == []


def test_people_in_copy(pair: Any, cast: Cast, dora: Any, alice: Any, as_: Any) -> None:
    one, _ = pair
    path = f"tickets/{one.number}/participants/"
    bob = as_(cast.bob)
    assert bob.get(f"tickets/{one.number}/").status_code == 404
    assert alice.post(path, {"email": "bob@example.com"}).status_code == 201
    assert bob.get(f"tickets/{one.number}/").status_code == 200
    assert dora.post(path, {"email": "lena@desk.example", "role": "follower"}).status_code == 201
    assert len(dora.get(path).data["results"]) == 2
    assert [row["user"]["name"] for row in alice.get(path).data["results"]] == ["Bob"]
    assert dora.post(path, {"email": "bob@example.com", "role": "follower"}).status_code == 400
    assert dora.post(path, {"email": "alice@example.com"}).status_code == 400
    assert alice.post(path, {"email": "lena@desk.example", "role": "follower"}).status_code == 403
    assert alice.delete(f"{path}{cast.bob.pk}/").status_code == 404
    assert bob.delete(f"{path}{cast.bob.pk}/").status_code == 204
    assert bob.get(f"tickets/{one.number}/").status_code == 404
    assert dora.delete(f"{path}{cast.lena.pk}/").status_code == 204
    assert dora.delete(f"{path}{cast.lena.pk}/").status_code == 404
    assert not Participant.objects.exists()


def test_an_address_in_copy_does_not_tell_whose_it_is(pair: Any, cast: Cast, alice: Any) -> None:
    one, _ = pair
    cast.charlie.name = "Charlie Confidential"
    cast.charlie.save()
    made = alice.post(f"tickets/{one.number}/participants/", {"email": "charlie@example.com"})
    assert made.status_code == 201 and made.data["user"]["name"] == "charlie"
    assert "Confidential" not in str(alice.get(f"tickets/{one.number}/participants/").data)


def test_handle_time(pair: Any, cast: Cast, dora: Any) -> None:
    path = f"tickets/{pair[0].number}/time/"
    answer = dora.post(path, {"seconds": 90, "note": "Phone", "started_at": "2026-11-20T10:00:00Z"})
    assert answer.status_code == 201, answer.data
    assert [row["seconds"] for row in dora.get(path).data["results"]] == [90]
    for body in (
        {"seconds": 0}, {"seconds": 90_000}, {"seconds": True}, {"seconds": 1.5}, {"seconds": "x"}, {},
        {"seconds": 1, "started_at": "0001-01-01T00:00:00+14:00"}, {"seconds": 1, "agent": 1},
        {"seconds": 1, "note": "x" * 201},
    ):  # fmt: skip
        assert dora.post(path, body).status_code == 400, body


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "merge/", {"into": 1}), ("POST", "split/", {"messages": [1], "subject": "x"}), ("GET", "links/", None),
        ("POST", "links/", {"target": 1, "kind": "child"}), ("DELETE", "links/1/", None), ("GET", "time/", None),
        ("POST", "time/", {"seconds": 1}),
    ],
)  # fmt: skip
def test_staff_only(pair: Any, alice: Any, method: str, path: str, body: Any) -> None:
    assert alice(method, f"tickets/{pair[0].number}/{path}", body).status_code == 403


def test_other_peoples_numbers_are_not_found(cast: Cast, as_: Any) -> None:
    legal = cast.ticket(team=cast.legal, body="marker")
    link = TicketLink.objects.create(source=legal, target=cast.ticket(), kind="related")
    calls = [
        ("GET", "", None), ("PATCH", "", {"status": "solved"}), ("GET", "messages/", None),
        ("POST", "messages/", {"body": "x"}),
        ("GET", "events/", None), ("POST", "merge/", {"into": 1}), ("POST", "split/", {}), ("GET", "links/", None),
        ("POST", "links/", {}), ("DELETE", f"links/{link.pk}/", None), ("GET", "participants/", None),
        ("POST", "participants/", {"email": "dora@desk.example"}), ("DELETE", f"participants/{cast.alice.pk}/", None),
        ("GET", "time/", None), ("POST", "time/", {"seconds": 1}),
    ]  # fmt: skip
    before = Ticket.objects.values().get(pk=legal.pk)
    for method, path, body in calls:
        for user in (cast.dora, cast.lena, cast.charlie, cast.bob):
            answer = as_(user)(method, f"tickets/{legal.number}/{path}", body)
            staff_only = path.split("/")[0] in ("merge", "split", "links", "time") and not user.is_agent
            assert answer.status_code == (403 if staff_only else 404), (method, path, user)
            assert "marker" not in str(answer.data)
    assert Ticket.objects.values().get(pk=legal.pk) == before and legal.messages.count() == 1
