"""Attachments: for those who may see the message, and harmless in the browser."""

from collections.abc import Callable

import pytest
from django.test import Client

from people.models import User
from tests.cast import Cast
from tests.portal.helpers import PNG, fetched, say, upload
from tickets import actions
from tickets.models import Attachment, Ticket

As = Callable[[User], Client]


@pytest.fixture
def file(cast: Cast) -> Attachment:
    made = upload(cast.alice, 'na"me\r\nX-Evil: 1<b>.txt', b"words")
    cast.ticket(attachment_ids=[made.pk], actor=cast.alice)
    return Attachment.objects.get(pk=made.pk)


def test_the_requester_downloads(cast: Cast, file: Attachment, as_: As) -> None:
    answer, content = fetched(as_(cast.alice), f"/attachments/{file.pk}/")
    assert content == b"words"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff" and "sandbox" in answer["Content-Security-Policy"]
    assert not answer.has_header("X-Evil")


@pytest.mark.parametrize("name", ["bob", "charlie", "dora", "adam"])
def test_others_get_nothing(cast: Cast, file: Attachment, as_: As, name: str) -> None:
    assert as_(getattr(cast, name)).get(f"/attachments/{file.pk}/").status_code == 404


def test_strangers_get_the_login(cast: Cast, file: Attachment, client: Client) -> None:
    assert client.get(f"/attachments/{file.pk}/").status_code == 302


def test_access_ends_with_the_right_to_see(cast: Cast, file: Attachment, as_: As) -> None:
    ticket = Ticket.objects.get()
    actions.add_participants(ticket, [cast.charlie], actor=cast.alice)
    assert fetched(as_(cast.charlie), f"/attachments/{file.pk}/")[0].status_code == 200
    actions.remove_participant(ticket, cast.charlie, actor=cast.charlie)
    assert as_(cast.charlie).get(f"/attachments/{file.pk}/").status_code == 404


def test_a_notes_file_and_an_unsent_file_are_not_there(cast: Cast, as_: As) -> None:
    ticket, noted = cast.ticket(), upload(cast.dora)
    say(ticket, cast.dora, "note", visibility="internal", attachment_ids=[noted.pk])
    for hidden in (noted, upload(cast.alice)):
        assert as_(cast.alice).get(f"/attachments/{hidden.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.html", b"<html><script>alert(1)</script>"),
        ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("x.xml", b"<?xml version='1.0'?><a/>"),
        ("x.pht", b"<?php echo 1;"),
    ],
)
def test_nothing_that_could_run_is_shown_in_place(cast: Cast, as_: As, name: str, content: bytes) -> None:
    made = upload(cast.alice, name, content)
    cast.ticket(attachment_ids=[made.pk], actor=cast.alice)
    answer, _ = fetched(as_(cast.alice), f"/attachments/{made.pk}/?inline=1")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"].split(";")[0] in ("application/octet-stream", "text/plain")


def test_a_verified_picture_may_be_shown_in_place(cast: Cast, as_: As) -> None:
    made = upload(cast.alice, "p.png", PNG)
    cast.ticket(attachment_ids=[made.pk], actor=cast.alice)
    answer, _ = fetched(as_(cast.alice), f"/attachments/{made.pk}/?inline=1")
    assert answer["Content-Disposition"].startswith("inline") and answer["Content-Type"] == "image/png"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_a_file_that_is_gone_from_the_disk_is_not_there(cast: Cast, file: Attachment, as_: As) -> None:
    file.file.storage.delete(file.file.name)
    assert as_(cast.alice).get(f"/attachments/{file.pk}/").status_code == 404
