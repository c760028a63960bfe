"""Files are served to those who see the ticket, and never as a page."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from tests.cast import Cast
from tests.desk.conftest import Login
from tickets import actions
from tickets.models import Attachment

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


def fetch(client: Client, address: str) -> HttpResponse:
    """The answer, read to its end (which closes the file); what was streamed is in ``streamed``."""
    answer = client.get(address)
    answer.streamed = b"".join(answer.streaming_content) if answer.streaming else None
    return answer


def attached(cast: Cast, name: str, content: bytes, **changes: object) -> Attachment:
    file = actions.store_upload(SimpleUploadedFile(name, content), actor=cast.alice)
    cast.ticket(attachment_ids=[file.pk], **changes)
    return Attachment.objects.get(pk=file.pk)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("a.html", b"<script>alert(1)</script>"),
        ("a.xml", b'<?xml version="1.0"?><x/>'),
        ("a.pht", b"<?php echo 1;"),
        ("a.txt", b"<html><script>alert(1)</script>"),
    ],
)
def test_what_a_browser_could_run_is_a_download(dora: Client, cast: Cast, name: str, content: bytes) -> None:
    file = attached(cast, name, content)
    for query in ("", "?inline=1"):
        answer = fetch(dora, f"/desk/attachments/{file.pk}/{query}")
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.streamed == content


def test_a_verified_picture_may_be_shown(dora: Client, cast: Cast) -> None:
    file = attached(cast, "a.png", PNG)
    assert fetch(dora, f"/desk/attachments/{file.pk}/").headers["Content-Disposition"].startswith("attachment")
    shown = fetch(dora, f"/desk/attachments/{file.pk}/?inline=1")
    assert shown.headers["Content-Disposition"].startswith("inline")
    assert shown.headers["Content-Type"] == "image/png"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert shown.headers["X-Content-Type-Options"] == "nosniff"


def test_names_cannot_break_the_header(dora: Client, cast: Cast) -> None:
    file = attached(cast, 'a"\r\nX-Evil: 1;é.txt', b"hello")
    answer = fetch(dora, f"/desk/attachments/{file.pk}/")
    assert "X-Evil" not in answer.headers
    assert "\n" not in answer.headers["Content-Disposition"]


def test_files_of_a_closed_team_and_lost_access(dora: Client, cast: Cast, login: Login) -> None:
    file = attached(cast, "secret.txt", b"Marker-7731", team=cast.legal)
    assert fetch(dora, f"/desk/attachments/{file.pk}/").status_code == 404
    erik = login(cast.erik)
    assert fetch(erik, f"/desk/attachments/{file.pk}/").status_code == 200
    cast.legal.memberships.all().delete()
    assert fetch(erik, f"/desk/attachments/{file.pk}/").status_code == 404


def test_unsent_files_are_their_uploaders(dora: Client, cast: Cast, login: Login) -> None:
    file = actions.store_upload(SimpleUploadedFile("a.txt", b"hello"), actor=cast.dora)
    assert fetch(dora, f"/desk/attachments/{file.pk}/").status_code == 200
    assert fetch(login(cast.mara), f"/desk/attachments/{file.pk}/").status_code == 404


def test_customers_strangers_and_guesses(client: Client, dora: Client, cast: Cast, login: Login) -> None:
    file = attached(cast, "a.txt", b"hello")
    assert fetch(client, f"/desk/attachments/{file.pk}/").status_code == 302
    assert fetch(login(cast.alice), f"/desk/attachments/{file.pk}/").status_code == 404
    assert fetch(dora, "/desk/attachments/6e0a1c1e-5f0e-4a41-9d0f-0a0a0a0a0a0a/").status_code == 404


def test_a_file_that_is_gone_from_disk(dora: Client, cast: Cast) -> None:
    file = attached(cast, "a.txt", b"hello")
    file.file.storage.delete(file.file.name)
    assert fetch(dora, f"/desk/attachments/{file.pk}/").status_code == 404
