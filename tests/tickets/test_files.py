"""Attachments: judged by content, kept outside the web root, claimed once."""

import io
import struct
import uuid
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core.errors import DomainError, Invalid, NotFound, TooLarge
from tests.cast import Cast
from tickets import actions
from tickets.files import display_name
from tickets.models import Attachment


def png(width: int = 1, height: int = 1) -> bytes:
    """A real picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\x00" + b"\x20\x60\xa0" * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def archive(size: int, *, entries: int = 1) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for index in range(entries):
            packed.writestr(f"{index}.txt", b"0" * size)
    return out.getvalue()


def upload(cast: Cast, name: str, content: bytes, content_type: str = "image/png") -> Attachment:
    return actions.store_upload(SimpleUploadedFile(name, content, content_type), actor=cast.alice)


def test_a_picture_is_a_picture_by_its_content(cast: Cast, settings: Any) -> None:
    kept = upload(cast, "error screenshot.png", png(), "application/x-evil")
    assert (kept.content_type, kept.is_image, kept.name) == ("image/png", True, "error screenshot.png")
    path = Path(settings.MEDIA_ROOT) / kept.file.name
    assert path.read_bytes() == png()
    assert "screenshot" not in str(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<script>alert(1)</script>"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("a.xml", b"<?xml version='1.0'?><a/>"),
        ("a.pht", b"<?php echo 1 ?>"),
        ("notes.txt", "שלום\n".encode()),
        ("noending", b"\x00\x01\x02"),
    ],
)
def test_what_could_run_in_a_browser_is_kept_but_never_an_image(cast: Cast, name: str, content: bytes) -> None:
    assert not upload(cast, name, content).is_image


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.txt", b""),
        ("setup.exe", b"hello"),
        ("holiday.jpg", b"MZ\x90\x00 a program"),
        ("run.sh.txt", b"\x7fELF\x02\x01"),
        ("holiday.png", b"<svg onload=alert(1)>"),
        ("holiday.jpg", png()),
        ("bomb.zip", archive(30_000_000)),
        ("many.docx", archive(1, entries=10_001)),
    ],
)
def test_files_that_lie_or_explode_are_refused_by_name(cast: Cast, name: str, content: bytes) -> None:
    with pytest.raises(Invalid) as error:
        upload(cast, name, content)
    assert name in error.value.fields["attachments"][0]
    assert not Attachment.objects.exists()


def test_an_archive_with_an_endless_directory_is_refused_before_it_is_read(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", 20, 0, 20, *[0] * 8, 1, *[0] * 6) + b"a"
    directory = entry * 10_001
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), 30, 0)
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("read the directory"))
    with pytest.raises(Invalid, match="was not accepted"):
        upload(cast, "list.zip", b"PK\x03\x04" + b"\0" * 26 + directory + end)


def test_too_large_is_said_with_the_limit(cast: Cast, settings: Any) -> None:
    settings.ATTACHMENT_MAX_BYTES = 1024 * 1024
    with pytest.raises(TooLarge, match="too large") as error:
        upload(cast, "big.bin", b"x" * (1024 * 1024 + 1))
    assert "1 MB" in error.value.fields["attachments"][0]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.txt", "a.txt"),
        ("a\r\nSet-Cookie: x.txt", "a Set-Cookie: x.txt"),
        ("...", "file"),
        ("<img src=x>.png", "<img src=x>.png"),
        ("x" * 300 + ".png", "x" * 192 + ".png"),
    ],
)
def test_names_are_made_harmless(given: str, shown: str) -> None:
    assert display_name(given) == shown or (len(display_name(given)) <= 200 and display_name(given).endswith(".png"))


def test_a_file_belongs_to_the_message_it_is_sent_with_and_to_no_other(cast: Cast) -> None:
    ticket = cast.ticket()
    kept = upload(cast, "a.png", png())
    message = actions.add_message(ticket, actor=cast.alice, body="See", channel="portal", attachment_ids=[kept.pk])
    kept.refresh_from_db()
    assert (kept.message, kept.ticket) == (message, ticket)
    with pytest.raises(Invalid):
        actions.add_message(ticket, actor=cast.alice, body="Again", channel="portal", attachment_ids=[kept.pk])
    assert ticket.messages.count() == 2


def test_nobody_claims_anothers_file(cast: Cast) -> None:
    kept = upload(cast, "a.png", png())
    ticket = cast.ticket(requester=cast.charlie)
    for ids in ([kept.pk], [uuid.uuid4()]):
        with pytest.raises(Invalid):
            actions.add_message(ticket, actor=cast.charlie, body="x", channel="portal", attachment_ids=ids)
    with pytest.raises(NotFound):
        actions.discard_upload(kept.pk, actor=cast.charlie)
    actions.discard_upload(kept.pk, actor=cast.alice)
    assert not Attachment.objects.exists()


def test_thirty_files_are_too_many(cast: Cast) -> None:
    ids = [upload(cast, f"{i}.txt", b"x").pk for i in range(30)]
    with pytest.raises(DomainError) as error:
        cast.ticket(attachment_ids=ids, actor=cast.alice)
    assert "attachments" in error.value.fields


def test_files_that_nobody_sent_are_forgotten_and_the_others_stay(
    cast: Cast, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    sent, old, fresh = (upload(cast, name, b"x") for name in ("sent.txt", "old.txt", "fresh.txt"))
    cast.ticket(actor=cast.alice, attachment_ids=[sent.pk])
    Attachment.objects.exclude(pk=fresh.pk).update(created_at="2026-01-01T00:00Z")
    with django_capture_on_commit_callbacks(execute=True):
        assert actions.forget_uploads(actor=None) == 1
    assert set(Attachment.objects.values_list("name", flat=True)) == {"sent.txt", "fresh.txt"}
    assert not (Path(settings.MEDIA_ROOT) / old.file.name).exists()
    assert (Path(settings.MEDIA_ROOT) / sent.file.name).exists()
