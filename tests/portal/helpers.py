"""Small things that several tests of the portal need."""

import io
import zipfile
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from people.models import User
from tickets import actions
from tickets.models import Attachment, Message, Ticket

SECRET = "zebra-marker"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000040001f61738550000"
    "000049454e44ae426082"
)


def fetched(client: Client, url: str) -> tuple[Any, bytes]:
    """The answer to a download, read to its end (which closes the file), and its bytes."""
    answer = client.get(url)
    content = b"".join(answer) if answer.streaming else answer.content  # type: ignore[arg-type]
    return answer, content


def form(**changes: Any) -> dict[str, Any]:
    """A stranger's complete form."""
    given = {
        "name": "Nina",
        "email": "nina@new.example",
        "subject": "It is broken",
        "body": "Since today.",
        "category": "",
    }
    return given | changes


def say(ticket: Ticket, user: User, body: str, **more: Any) -> Message:
    """A message through the action."""
    return actions.add_message(ticket, actor=user, body=body, channel="web" if user.is_agent else "portal", **more)


def note(ticket: Ticket, agent: User, body: str = SECRET) -> Message:
    """An internal note with the marker."""
    return say(ticket, agent, body, visibility="internal")


def upload(user: User | None, name: str = "log.txt", content: bytes = b"some text") -> Attachment:
    """A file that is not sent yet."""
    return actions.store_upload(SimpleUploadedFile(name, content), actor=user)


def bomb() -> bytes:
    """A small archive that unpacks to a lot."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 30_000_000)
    return packed.getvalue()
