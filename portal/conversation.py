"""One request as its customer sees it: the same page for those logged in and for guests with a signed link."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from core.errors import Conflict, DomainError, NotFound
from core.text import storable
from people.models import User
from portal import drafts, limits, uploads
from portal import words as plain
from portal.base import form_token, page
from tickets import actions, queries
from tickets.models import (
    Attachment,
    Channel,
    CustomField,
    FieldKind,
    Message,
    ParticipantRole,
    Status,
    Ticket,
    Visibility,
)
from tickets.rich_text import clean_html

LINKED_CHARS = 20_000


@dataclass(frozen=True)
class Place:
    """Where the reader stands: who they are, and the addresses of the acts open to them."""

    user: User
    ticket: Ticket
    urls: dict[str, str]
    file_url: Callable[[UUID], str]
    guest: bool = False


@dataclass(frozen=True)
class Said:
    """A message with what its page needs."""

    message: Message
    name: str
    initials: str
    ours: bool
    mine: bool
    html: SafeString | str
    files: list[tuple[Attachment, str]]

    @property
    def linked(self) -> bool:
        """Short enough for its addresses to be made links."""
        return len(self.message.body) <= LINKED_CHARS


def show(
    request: HttpRequest,
    place: Place,
    *,
    errors: dict[str, list[str]] | None = None,
    files: list[Attachment] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The conversation, with the reply that is being written."""
    ticket = place.ticket
    replied = bool(errors) and "body" in request.POST
    draft = None if replied else drafts.own(ticket, place.user)
    given = {
        "place": place,
        "ticket": ticket,
        "state": plain.state_of(ticket),
        "said": said(place),
        "steps": plain.steps(queries.history(ticket, None)),
        "answers": answers(ticket),
        "copies": copies(ticket, place.user),
        "can_reopen": ticket.status == Status.SOLVED,
        "can_solve": ticket.is_unsolved,
        "typed": request.POST.get("body", "") if replied else draft.body if draft else "",
        "refused": replied,
        "drafted": drafts.shown(draft.updated_at) if draft else "",
        "files": files or [],
        "errors": errors or {},
        "client_token": form_token(request, fresh=status == 409),
        "limits": uploads.limits_shown(),
    }
    return page(request, "portal/request.html", given, status)


def said(place: Place) -> list[Said]:
    """The public messages. Not by the reader's rights: on the portal staff too see the customer's side only."""
    return [_said(message, place) for message in queries.messages_of(place.ticket, None)]


def _said(message: Message, place: Place) -> Said:
    author = message.author
    return Said(
        message=message,
        name=author.display_name if author else "Somebody",
        initials=author.initials if author else "?",
        ours=message.by_staff,
        mine=author is not None and author.pk == place.user.pk,
        html=clean_html(message.html) if message.html else "",
        files=[(file, place.file_url(file.pk)) for file in message.attachments.all()],
    )


def answers(ticket: Ticket) -> list[tuple[str, str]]:
    """(question, answer) of the custom fields that customers see."""
    if not ticket.fields:
        return []
    asked = CustomField.objects.filter(key__in=list(ticket.fields), for_customers=True)
    return [(field.label, _shown(field.kind, ticket.fields[field.key])) for field in asked]


def _shown(kind: str, value: Any) -> str:
    if kind == FieldKind.CHECKBOX:
        return "Yes" if value else "No"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@dataclass(frozen=True)
class Copied:
    """Somebody in copy: customers by the address that they were added by, our people by name."""

    name: str
    mine: bool


def copies(ticket: Ticket, user: User) -> list[Copied]:
    """Who gets our answers too."""
    people = ticket.participants.filter(role=ParticipantRole.CC).select_related("user")
    return [
        Copied(row.user.display_name if row.user.is_agent else row.user.email, row.user_id == user.pk) for row in people
    ]


def reply(request: HttpRequest, place: Place) -> Message | HttpResponse:
    """Say what was typed: the message (perhaps on another ticket), or the page with what is wrong."""
    files, wrong = uploads.collect(request, place.user)
    if wrong:
        return show(request, place, errors={"attachments": wrong}, files=files, status=400)
    try:
        limits.check(request, "reply")
        message = actions.add_message(
            place.ticket,
            actor=place.user,
            body=request.POST.get("body", ""),
            visibility=Visibility.PUBLIC,
            channel=Channel.PORTAL,
            attachment_ids=[file.pk for file in files],
            client_token=form_token(request),
        )
        if message.body != storable(request.POST.get("body", "")).strip("\n"):
            # Not a second click: the page was gone back to, and something else written.
            raise Conflict("This was sent before. Press Send once more, and your new message goes out, too.")
        if message.ticket_id != place.ticket.pk:  # a follow-up: the draft was for the request that was written to
            actions.discard_draft(place.ticket, actor=place.user)
        return message
    except DomainError as error:
        errors = error.fields or {"": [error.message]}
        return show(request, place, errors=errors, files=files, status=error.status)


def move(place: Place, to: str) -> None:
    """Solve or reopen. Doing it twice changes nothing. Raises NotAllowed, Conflict."""
    if to == Status.OPEN and place.ticket.status != Status.SOLVED:
        return
    if to == Status.SOLVED and not place.ticket.is_unsolved:
        return
    actions.change_ticket(place.ticket, {"status": to}, actor=place.user)


def serve(request: HttpRequest, ticket: Ticket, attachment_id: UUID) -> FileResponse:
    """A file of a public message of this ticket. Raises NotFound.

    It is a download; pictures that were verified may be shown in place, where nothing in them can run."""
    file = Attachment.objects.filter(pk=attachment_id, ticket=ticket, message__visibility=Visibility.PUBLIC).first()
    if file is None:
        raise NotFound("There is no such file.")
    inline = file.is_image and request.GET.get("inline") == "1"
    try:
        content = file.file.open("rb")
    except OSError as error:
        raise NotFound("This file is no longer there.") from error
    response = FileResponse(content, as_attachment=not inline, filename=file.name, content_type=_served_type(file))
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Robots-Tag"] = "noindex"
    return response


def _served_type(file: Attachment) -> str:
    """Nothing that a browser would run, whatever the file is."""
    if file.is_image or file.content_type in ("application/pdf", "application/zip"):
        return file.content_type
    named = mimetypes.guess_type(file.name)[0]
    is_text = file.content_type.startswith("text/plain") and named in (None, "text/plain")
    return "text/plain; charset=utf-8" if is_text else "application/octet-stream"
