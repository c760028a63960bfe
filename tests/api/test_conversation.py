"""Messages, files and the history."""

import io
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core.models import Event
from tests.cast import Cast
from tickets import actions
from tickets.models import Attachment, Message, Ticket

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
MARKER = "xylophone"


@pytest.fixture
def ticket(cast: Cast) -> Ticket:
    return cast.ticket()


def file(name: str = "log.txt", content: bytes = b"boom") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/png")


def test_customers_never_see_a_note(cast: Cast, ticket: Ticket, alice: Any, dora: Any) -> None:
    path = f"tickets/{ticket.number}/"
    note = dora.post(f"{path}messages/", {"body": f"{MARKER} @dora", "visibility": "internal"})
    assert note.status_code == 201 and note.data["visibility"] == "internal" and note.data["by_staff"]
    reply = dora.post(f"{path}messages/", {"body": "Try again"})
    assert reply.data["visibility"] == "public" and reply.data["author"]["email"] == "dora@desk.example"
    assert len(dora.get(f"{path}messages/").data["results"]) == 3
    seen = alice.get(f"{path}messages/").data["results"]
    assert [message["body"] for message in seen] == ["It says that my credentials are wrong.", "Try again"]
    assert seen[1]["author"] == {"id": cast.dora.pk, "email": None, "name": "Dora"}
    for where in ("", "messages/", "events/", "participants/"):
        assert MARKER not in str(alice.get(path + where).data)


def test_a_reply_moves_the_ticket_on(cast: Cast, ticket: Ticket, alice: Any, dora: Any) -> None:
    path = f"tickets/{ticket.number}/"
    dora.post(f"{path}messages/", {"body": "Done?", "then_status": "solved"})
    assert dora.get(path).data["status"] == "solved" and dora.get(path).data["first_responded_at"]
    assert alice.post(f"{path}messages/", {"body": "No"}).status_code == 201
    assert dora.get(path).data["status"] == "open"


def test_customers_write_public_messages_only(ticket: Ticket, alice: Any) -> None:
    for body in ({"visibility": "internal"}, {"then_status": "solved"}):
        assert alice.post(f"tickets/{ticket.number}/messages/", {"body": "x"} | body).status_code == 403
    assert alice.post(f"tickets/{ticket.number}/messages/", {"body": "x", "visibility": "system"}).status_code == 400
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "body"), ({"body": " \n"}, "body"), ({"body": 5}, "body"), ({"body": "x", "author": 1}, "author"),
        ({"body": "x", "attachments": ["x"]}, "attachments.0"), ({"body": "x" * 500_001}, "body"), ([], "request"),
        ({"body": "x", "visibility": ["public"]}, "visibility"), ("text", "request"), (None, "body"),
    ],
)  # fmt: skip
def test_bad_messages_are_named(ticket: Ticket, dora: Any, body: Any, name: str) -> None:
    answer = dora.post(f"tickets/{ticket.number}/messages/", body)
    assert answer.status_code == 400 and name in answer.data["errors"], answer.data
    assert Message.objects.count() == 1


def test_pages_of_a_conversation(ticket: Ticket, dora: Any) -> None:
    for i in range(4):
        dora.post(f"tickets/{ticket.number}/messages/", {"body": f"{i}"})
    first = dora.get(f"tickets/{ticket.number}/messages/", page_size=3, ordering="-created_at").data
    assert [message["body"] for message in first["results"]] == ["3", "2", "1"]
    assert len(dora.get(first["next"]).data["results"]) == 2


def test_files_come_with_multipart_and_are_always_downloaded(ticket: Ticket, alice: Any, as_: Any, cast: Cast) -> None:
    path = f"tickets/{ticket.number}/messages/"
    answer = alice.upload(
        path, {"body": "See", "attachments": [file('a"\r\nb.svg', b"<svg onload=alert(1)>"), file("p.png", PNG)]}
    )
    assert answer.status_code == 201, answer.data
    svg, png = sorted(answer.data["attachments"], key=lambda one: one["name"], reverse=False)
    assert png["size"] == len(PNG) and png["content_type"] == "image/png"
    got = alice.get(svg["url"])
    assert got.status_code == 200 and got.body == b"<svg onload=alert(1)>"
    assert (
        got.headers["Content-Disposition"].startswith("attachment") and "\n" not in got.headers["Content-Disposition"]
    )
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Content-Type"] == "application/octet-stream"
    assert "sandbox" in got.headers["Content-Security-Policy"]
    for user in (cast.charlie, cast.bob):
        assert as_(user).get(svg["url"]).status_code == 404
    assert as_(cast.carol).get(svg["url"]).status_code == 200


def test_files_of_notes_and_unsent_files_are_not_the_customers(
    cast: Cast, ticket: Ticket, alice: Any, dora: Any
) -> None:
    note = dora.upload(
        f"tickets/{ticket.number}/messages/", {"body": "x", "visibility": "internal", "attachments": file()}
    )
    [kept] = note.data["attachments"]
    assert dora.get(kept["url"]).status_code == 200
    assert alice.get(kept["url"]).status_code == 404
    unsent = actions.store_upload(file(), actor=cast.dora)
    assert alice.get(f"attachments/{unsent.pk}/").status_code == 404
    assert dora.get(f"attachments/{unsent.pk}/").status_code == 200
    Attachment.objects.get(pk=unsent.pk).file.delete(save=False)
    assert dora.get(f"attachments/{unsent.pk}/").status_code == 404


def bomb() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 20_000_000)
    return content.getvalue()


@pytest.mark.parametrize(
    "files",
    [
        [file() for _ in range(30)],
        [file("b.zip", bomb())],
        [file("e.txt", b"")],
        [file("x.png", b"no")],
        [file("x.exe")],
    ],
    ids=["thirty", "bomb", "empty", "lying", "program"],
)
def test_bad_files_are_refused_with_the_reason(ticket: Ticket, dora: Any, files: list[Any]) -> None:
    answer = dora.upload(f"tickets/{ticket.number}/messages/", {"body": "x", "attachments": files})
    assert answer.status_code == 400 and "attachments" in answer.data["errors"], answer.data
    assert not Attachment.objects.exists() and Message.objects.count() == 1


def test_too_large_a_file(ticket: Ticket, dora: Any, settings: Any) -> None:
    settings.ATTACHMENT_MAX_BYTES = 1_000
    answer = dora.upload(f"tickets/{ticket.number}/messages/", {"body": "x", "attachments": file(content=b"x" * 1_001)})
    assert answer.status_code == 413 and "attachments" in answer.data["errors"]
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    answer = dora.upload(
        f"tickets/{ticket.number}/messages/", {"body": "x", "attachments": file(content=b"x" * 20_000)}
    )
    assert answer.status_code == 413


def test_malformed_multipart(ticket: Ticket, dora: Any) -> None:
    path = f"tickets/{ticket.number}/messages/"
    for kind in ("multipart/form-data", "multipart/form-data; boundary=x", "multipart/form-data; boundary=" + "é" * 9):
        answer = dora.post(path, raw=b"--x\r\nnonsense", content_type=kind)
        assert answer.status_code == 400
    assert dora.upload(path, {"body": "a\0b"}).status_code == 400
    assert dora.upload(path, {"body": "a", "role": "x"}).status_code == 400


def test_the_history_tells_all_to_staff_and_the_outline_to_customers(
    cast: Cast, ticket: Ticket, alice: Any, dora: Any
) -> None:
    dora.patch(f"tickets/{ticket.number}/", {"status": "pending", "tags": [MARKER], "assignee": "me"})
    told = dora.get(f"tickets/{ticket.number}/events/").data["results"]
    assert [event["kind"] for event in told] == [
        "ticket.created",
        "ticket.status_changed",
        "ticket.assigned",
        "ticket.tagged",
    ]
    assert told[1]["payload"]["to"] == "pending" and told[1]["actor"]["name"] == "Dora" and told[1]["channel"] == "api"
    seen = alice.get(f"tickets/{ticket.number}/events/").data["results"]
    assert [(event["kind"], event["actor"], event["payload"]) for event in seen] == [
        ("ticket.created", None, {}),
        ("ticket.status_changed", None, {"from": "new", "to": "pending"}),
    ]


def test_nobody_writes_history(cast: Cast, ticket: Ticket, as_: Any) -> None:
    events = Event.objects.count()
    for method in ("POST", "PATCH", "DELETE", "PUT"):
        assert as_(cast.adam)(method, f"tickets/{ticket.number}/events/", {}).status_code == 405
    assert Event.objects.filter(subject_kind="ticket").count() <= events
