"""The signed link from a mail: one ticket for one person, without a login and without a session.

Opening the link changes nothing (mail scanners open links); acts are POSTs with the page's CSRF token. The pages are
never cached nor indexed, and the address, which holds the token, goes to no other site: Referrer-Policy is same-origin.
('no-referrer' would make browsers send "Origin: null" with the forms, which Django's CSRF check has to refuse.)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from core.errors import DomainError
from portal import conversation, drafts, uploads
from portal.base import page, portal_view, tell
from tickets.guest_links import Guest, make_token, read_token
from tickets.models import Message, Status

GuestView = Callable[..., HttpResponseBase]
TOKEN_MAX = 500


def guest_view(view: GuestView) -> GuestView:
    """Read the token first: without a valid one there is only the page that says so."""

    @wraps(view)
    def wrapped(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        guest = read_token(token) if len(token) <= TOKEN_MAX else None
        response = view(request, token, guest, *args, **kwargs) if guest else _expired(request)
        response["Cache-Control"] = "no-store, private"
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Referrer-Policy"] = "same-origin" if guest else "no-referrer"
        return response

    return portal_view(wrapped)


@guest_view
@require_safe
def show(request: HttpRequest, token: str, guest: Guest) -> HttpResponse:
    """The conversation."""
    return conversation.show(request, _place(token, guest))


@guest_view
@require_POST
def reply(request: HttpRequest, token: str, guest: Guest) -> HttpResponse:
    """Answer. A follow-up of a closed request gets a link of its own."""
    place = _place(token, guest)
    answer = conversation.reply(request, place)
    if not isinstance(answer, Message):
        return answer
    there = token
    if answer.ticket_id != guest.ticket.pk:
        there = make_token(answer.ticket, guest.user)
        messages.success(request, f"Your message went to request #{answer.ticket.number}.")
    else:
        messages.success(request, "Sent. We will answer here and by e-mail.")
    return redirect(f"{reverse('portal:guest', args=[there])}#m{answer.pk}")


@guest_view
@require_POST
def draft(request: HttpRequest, token: str, guest: Guest) -> HttpResponse:
    """Keep the reply that is being written; see ``drafts.keep``."""
    return drafts.keep(request, guest.ticket, guest.user)


@guest_view
@require_POST
def solve(request: HttpRequest, token: str, guest: Guest) -> HttpResponse:
    """Say that it is solved."""
    return _move(request, token, guest, Status.SOLVED, "Marked as solved. Thank you for telling us.")


@guest_view
@require_POST
def reopen(request: HttpRequest, token: str, guest: Guest) -> HttpResponse:
    """Say that it is not solved after all."""
    return _move(request, token, guest, Status.OPEN, "Opened again. We will have another look.")


def _move(request: HttpRequest, token: str, guest: Guest, to: str, done: str) -> HttpResponse:
    try:
        conversation.move(_place(token, guest), to)
        messages.success(request, done)
    except DomainError as error:
        tell(request, error)
    return redirect("portal:guest", token)


@guest_view
@require_POST
def upload(request: HttpRequest, token: str, guest: Guest) -> HttpResponse:
    """Take one file ahead of its message."""
    return uploads.take(request, guest.user)


@guest_view
@require_POST
def remove(request: HttpRequest, token: str, guest: Guest, upload_id: UUID) -> HttpResponse:
    """Drop a file that was sent ahead."""
    return uploads.drop(request, upload_id, guest.user)


@guest_view
@require_safe
def attachment(request: HttpRequest, token: str, guest: Guest, attachment_id: UUID) -> HttpResponseBase:
    """A file of this ticket's public side."""
    return conversation.serve(request, guest.ticket, attachment_id)


def _place(token: str, guest: Guest) -> conversation.Place:
    acts = ("reply", "draft", "solve", "reopen", "upload")
    return conversation.Place(
        user=guest.user,
        ticket=guest.ticket,
        urls={act: reverse(f"portal:guest_{act}", args=[token]) for act in acts},
        file_url=lambda pk: reverse("portal:guest_attachment", args=[token, pk]),
        guest=True,
    )


def _expired(request: HttpRequest) -> HttpResponse:
    """Forged, expired, or the right is gone: the same page, which offers the log-in."""
    return page(request, "portal/expired.html", status=404)
