"""Replies, notes, drafts and files."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.cast import Cast
from tests.desk.conftest import Login
from tickets import actions
from tickets.models import Attachment, Draft, Message, Ticket

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
TOKEN = "0123456789abcdef0123456789abcdef"


def send(client: Client, ticket: Ticket, **data: object) -> object:
    given = {"visibility": "public", "body": "An answer", "client_token": TOKEN} | data
    return client.post(f"/desk/tickets/{ticket.number}/messages/", given)


def test_a_reply_is_public_and_moves_the_ticket_on(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    answer = send(dora, ticket, then_status="pending")
    message = Message.objects.latest("pk")
    assert answer.url == f"/desk/tickets/{ticket.number}/#message-{message.pk}"
    assert (message.visibility, message.author, message.channel) == ("public", cast.dora, "web")
    assert Ticket.objects.get(pk=ticket.pk).status == "pending"


def test_a_note_stays_inside(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    send(dora, ticket, visibility="internal")
    assert Message.objects.latest("pk").visibility == "internal"
    assert Ticket.objects.get(pk=ticket.pk).first_responded_at is None


@pytest.mark.parametrize("visibility", ["", "system", "Public", "\x00"])
def test_an_unclear_audience_sends_nothing_and_keeps_the_text_as_a_note(
    dora: Client, cast: Cast, visibility: str
) -> None:
    answer = send(dora, cast.ticket(), visibility=visibility, body="Half a thought")
    assert answer.status_code == 400
    assert Message.objects.count() == 1
    assert answer.context["typed"].visibility == "internal"
    assert "Half a thought" in answer.content.decode()


def test_a_double_click_sends_once(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    assert send(dora, ticket).url == send(dora, ticket).url
    assert Message.objects.count() == 2


@pytest.mark.parametrize("other", [{"body": "Another answer"}, {"visibility": "internal"}])
def test_what_is_written_after_going_back_is_not_lost(dora: Client, cast: Cast, other: dict[str, str]) -> None:
    ticket = cast.ticket()
    send(dora, ticket)
    answer = send(dora, ticket, **other)
    assert (answer.status_code, answer.context["typed"].token) == (409, "")
    assert other.get("body", "An answer") in answer.content.decode()
    send(dora, ticket, **other, client_token="f" * 32)
    assert Message.objects.count() == 3


def test_a_token_of_somebody_else_is_refused(dora: Client, cast: Cast, login: Login) -> None:
    ticket = cast.ticket()
    send(dora, ticket)
    answer = send(login(cast.lena), ticket, body="Mine")
    assert answer.status_code == 409
    assert "Mine" in answer.content.decode()


def test_an_empty_message_is_told_beside_the_field(dora: Client, cast: Cast) -> None:
    answer = send(dora, cast.ticket(), body=" \n")
    assert answer.status_code == 400
    assert "Write something first." in answer.content.decode()


def test_a_megabyte_is_refused_and_still_there(dora: Client, cast: Cast) -> None:
    body = "long " * 200_000
    answer = send(dora, cast.ticket(), body=body)
    text = answer.content.decode()
    assert answer.status_code == 400
    assert "At most 500,000 characters" in text
    assert body.strip() in text


def test_more_than_that_gets_a_page_of_ours(dora: Client, cast: Cast) -> None:
    answer = send(dora, cast.ticket(), body="x" * 5_000_000)
    assert answer.status_code in (400, 413)
    assert "too much" in answer.content.decode()


def test_control_characters_and_broken_utf8(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    send(dora, ticket, body="a\x00b\x07c")
    assert Message.objects.latest("pk").body == "abc"
    raw = b"visibility=internal&body=%ff%fe%00hello&client_token=" + b"b" * 32
    dora.post(f"/desk/tickets/{ticket.number}/messages/", raw, content_type="application/x-www-form-urlencoded")
    assert "hello" in Message.objects.latest("pk").body


def test_an_impossible_next_status_keeps_the_text(dora: Client, cast: Cast) -> None:
    answer = send(dora, cast.ticket(), then_status="closed", body="My careful words")
    assert answer.status_code == 409
    assert "My careful words" in answer.content.decode()
    assert Message.objects.count() == 1


def test_drafts_are_kept_apart_and_come_back(dora: Client, cast: Cast, login: Login) -> None:
    ticket = cast.ticket()
    address = f"/desk/tickets/{ticket.number}/draft/"
    answer = dora.post(address, {"visibility": "public", "body": "Dear Alice"})
    assert len(answer.json()["saved_at"]) == 5
    dora.post(address, {"visibility": "internal", "body": "Careful with this one"})
    text = dora.get(f"/desk/tickets/{ticket.number}/").content.decode()
    assert "Dear Alice" in text and "Careful with this one" in text
    assert "Dear Alice" not in login(cast.lena).get(f"/desk/tickets/{ticket.number}/").content.decode()
    dora.post(address, {"visibility": "public", "body": ""})
    assert list(Draft.objects.values_list("visibility", flat=True)) == ["internal"]


def test_sending_takes_its_own_draft_away(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    for visibility in ("public", "internal"):
        actions.save_draft(ticket, actor=cast.dora, body="x", visibility=visibility)
    send(dora, ticket)
    assert list(Draft.objects.values_list("visibility", flat=True)) == ["internal"]


def test_a_draft_that_is_too_long_is_told(dora: Client, cast: Cast) -> None:
    answer = dora.post(f"/desk/tickets/{cast.ticket().number}/draft/", {"visibility": "public", "body": "x" * 600_000})
    assert answer.status_code == 413
    assert "too long" in answer.json()["error"]


def upload(client: Client, name: str = "shot.png", content: bytes = PNG, kind: str = "image/png") -> object:
    return client.post("/desk/uploads/", {"file": SimpleUploadedFile(name, content, kind)})


def test_files_go_first_and_belong_to_the_message(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    pk = upload(dora).json()["id"]
    send(dora, ticket, attachment=[pk])
    assert Attachment.objects.get(pk=pk).message == Message.objects.latest("pk")


def test_files_come_with_the_form_when_there_is_no_script(dora: Client, cast: Cast) -> None:
    send(dora, cast.ticket(), files=[SimpleUploadedFile("a.txt", b"hello")])
    assert Message.objects.latest("pk").attachments.get().name == "a.txt"


def test_a_refused_message_keeps_its_files(dora: Client, cast: Cast) -> None:
    pk = upload(dora, "plan.png").json()["id"]
    text = send(dora, cast.ticket(), body="", attachment=[pk]).content.decode()
    assert f'name="attachment" value="{pk}"' in text and "plan.png" in text


@pytest.mark.parametrize(("name", "content"), [("a.exe", b"MZ.."), ("a.png", b"<svg/>"), ("empty.txt", b"")])
def test_files_that_are_not_accepted_are_told(dora: Client, cast: Cast, name: str, content: bytes) -> None:
    answer = upload(dora, name, content)
    assert answer.status_code == 400
    assert name in answer.json()["error"] or not content
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("ids", [["abc"], ["6e0a1c1e-5f0e-4a41-9d0f-0a0a0a0a0a0a"], [""]])
def test_unknown_files_are_told(dora: Client, cast: Cast, ids: list[str]) -> None:
    answer = send(dora, cast.ticket(), attachment=ids)
    assert answer.status_code == 400
    assert Message.objects.count() == 1


def test_an_upload_without_a_file(dora: Client, cast: Cast) -> None:
    assert dora.post("/desk/uploads/", {"file": "text"}).status_code == 400


def test_an_unsent_file_is_its_owners_to_drop(dora: Client, cast: Cast, login: Login) -> None:
    pk = upload(dora).json()["id"]
    assert login(cast.lena).post(f"/desk/uploads/{pk}/discard/").status_code == 404
    assert dora.post(f"/desk/uploads/{pk}/discard/").status_code == 204
    assert not Attachment.objects.exists()


def test_mentions_suggest_staff_only(dora: Client, cast: Cast) -> None:
    people = dora.get("/desk/people/mentions/?q=l").json()["people"]
    assert {"handle": "lena", "name": "Lena"} in people
    assert not any(person["name"] == "Alice" for person in people)
