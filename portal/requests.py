"""A customer's requests: lists, one conversation, and what can be done with it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from core.errors import DomainError, NotAllowed, NotFound
from core.paging import page_by_key
from people.actions import ensure_customer
from people.models import User
from portal import conversation, drafts, limits, requests_of
from portal import words as plain
from portal.base import page, portal_view, tell, words
from tickets import actions
from tickets.models import Attachment, Message, Participant, ParticipantRole, Status, TicketQuerySet

SIZE = 20
SHOWN = {"open": "Open", "solved": "Solved", "all": "All"}


@login_required
@portal_view
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """Own requests and those one is in copy of."""
    return _list(request, requests_of.own(_user(request)), "mine")


@login_required
@portal_view
@require_safe
def organisation(request: HttpRequest) -> HttpResponse:
    """All requests of the reader's organisation, for those who may see them; a 404 for the others."""
    return _list(request, requests_of.of_organisation(_user(request)), "organisation")


def _list(request: HttpRequest, tickets: TicketQuerySet, which: str) -> HttpResponse:
    asked, user = words(request), _user(request)
    shown = request.GET.get("show", "")
    shown = shown if shown in SHOWN else ("all" if asked else "open")
    found = requests_of.filtered(tickets, shown)
    found = (found.matching_public(asked) if asked else found).select_related("requester")
    part = page_by_key(found, requests_of.NEWEST, request.GET.get("cursor"), SIZE)
    given = {
        "which": which,
        "rows": plain.rows(part.items, requests_of.last_words(part.items), user),
        "part": part,
        "shown": shown,
        "tabs": SHOWN,
        "q": asked,
        "any": bool(part.items) or tickets.exists(),
    }
    return page(request, "portal/requests.html", given)


@login_required
@portal_view
@require_safe
def detail(request: HttpRequest, number: int) -> HttpResponse:
    """The conversation."""
    return conversation.show(request, place_of(request, number))


@login_required
@portal_view
@require_POST
def reply(request: HttpRequest, number: int) -> HttpResponse:
    """Answer; on a closed request this opens a follow-up."""
    place = place_of(request, number)
    answer = conversation.reply(request, place)
    if isinstance(answer, Message):
        if answer.ticket_id != place.ticket.pk:
            messages.success(request, f"Your message went to request #{answer.ticket.number}.")
        else:
            messages.success(request, "Sent. We will answer here and by e-mail.")
        return redirect(f"{reverse('portal:request', args=[answer.ticket.number])}#m{answer.pk}")
    return answer


@login_required
@portal_view
@require_POST
def draft(request: HttpRequest, number: int) -> HttpResponse:
    """Keep the reply that is being written; see ``drafts.keep``."""
    place = place_of(request, number)
    return drafts.keep(request, place.ticket, place.user)


@login_required
@portal_view
@require_POST
def solve(request: HttpRequest, number: int) -> HttpResponse:
    """Say that it is solved."""
    return _move(request, number, Status.SOLVED, "Marked as solved. Thank you for telling us.")


@login_required
@portal_view
@require_POST
def reopen(request: HttpRequest, number: int) -> HttpResponse:
    """Say that it is not solved after all."""
    return _move(request, number, Status.OPEN, "Opened again. We will have another look.")


def _move(request: HttpRequest, number: int, to: str, done: str) -> HttpResponse:
    place = place_of(request, number)
    try:
        conversation.move(place, to)
        messages.success(request, done)
    except DomainError as error:
        tell(request, error)
    return redirect("portal:request", number)


@login_required
@portal_view
@require_POST
def copy(request: HttpRequest, number: int) -> HttpResponse:
    """Put somebody in copy. Only for the requester: it shows the whole conversation to somebody else."""
    place, user = place_of(request, number), _user(request)
    if place.ticket.requester_id != user.pk:
        raise NotAllowed("Only the person who opened the request can put others in copy.")
    try:
        limits.check(request, "copy", key=str(user.pk))
        other = ensure_customer(request.POST.get("email", ""), actor=user)
        actions.add_participants(place.ticket, [other], actor=user)
        messages.success(request, "They will get our answers too.")
    except DomainError as error:
        errors = {"colleague": [text for texts in error.fields.values() for text in texts] or [error.message]}
        return conversation.show(request, place, errors=errors, status=error.status)
    return redirect("portal:request", number)


@login_required
@portal_view
@require_POST
def leave(request: HttpRequest, number: int) -> HttpResponse:
    """Take oneself out of copy."""
    place, user = place_of(request, number), _user(request)
    if Participant.objects.filter(ticket=place.ticket, user=user, role=ParticipantRole.CC).exists():
        actions.remove_participant(place.ticket, user, actor=user)
    messages.success(request, f"You are no longer in copy of request #{number}.")
    return redirect("portal:requests")


@login_required
@portal_view
@require_safe
def attachment(request: HttpRequest, attachment_id: UUID) -> HttpResponseBase:
    """A file of a request that the reader may open."""
    seen = requests_of.visible(_user(request))
    file = Attachment.objects.filter(pk=attachment_id, ticket__in=seen).select_related("ticket").first()
    if file is None or file.ticket is None:
        raise NotFound("There is no such file.")
    return conversation.serve(request, file.ticket, attachment_id)


def place_of(request: HttpRequest, number: int) -> conversation.Place:
    """Where a logged-in reader stands. Raises NotFound."""
    user = _user(request)
    ticket = requests_of.by_number(user, number)
    acts = ("reply", "draft", "solve", "reopen", "copy", "leave")
    return conversation.Place(
        user=user,
        ticket=ticket,
        urls={act: reverse(f"portal:{act}", args=[number]) for act in acts} | {"upload": reverse("portal:upload")},
        file_url=lambda pk: reverse("portal:attachment", args=[pk]),
    )


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # login_required
    return request.user
