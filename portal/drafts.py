"""Replies that are being written: kept on the server, so that they outlive the tab and follow to another device."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.formats import date_format

from core.errors import DomainError, NotFound
from people.models import User
from portal import limits, uploads
from portal.base import form_token
from tickets import actions
from tickets.models import Draft, Message, Ticket, Visibility


def own(ticket: Ticket, user: User) -> Draft | None:
    """What ``user`` was writing to the public side of ``ticket``; never what somebody else was."""
    return Draft.objects.filter(ticket=ticket, author=user, visibility=Visibility.PUBLIC).first()


def keep(request: HttpRequest, ticket: Ticket, user: User) -> HttpResponse:
    """Keep what was typed so far. JSON: ``saved``, the local time; or ``error``. A 204 when there is nothing to keep.

    Raises NotFound."""
    body, token = request.POST.get("body", ""), form_token(request)
    try:
        limits.check(request, "draft", key=str(user.pk))
        if _sent(token, user):
            return HttpResponse(status=204)  # the message overtook its draft
        draft = actions.save_draft(ticket, actor=user, body=body, visibility=Visibility.PUBLIC)
    except NotFound:
        raise
    except DomainError as error:
        return JsonResponse({"error": uploads.first_message(error)}, status=error.status)
    return JsonResponse({"saved": shown(draft.updated_at)}) if draft else HttpResponse(status=204)


def _sent(token: str, user: User) -> bool:
    """Whether ``user``'s form went out: as a message, or as a follow-up, whose ticket then has the form's token."""
    said = Message.objects.filter(client_token=token, author=user)
    return said.exists() or Ticket.objects.filter(client_token=token, requester=user).exists()


def shown(at: datetime) -> str:
    """The reader's local time, with the day unless it is today."""
    local = timezone.localtime(at)
    return date_format(local, "H:i" if local.date() == timezone.localdate() else "j M, H:i")
