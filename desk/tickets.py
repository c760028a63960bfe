"""The ticket page and what is changed beside the conversation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from core.errors import DomainError, NotFound
from desk.access import member, staff_only
from desk.conversation import load
from desk.properties import Refusal, properties, wanted_change
from desk.reading import fresh_token, identifier
from desk.shell import desk_page
from tickets import actions
from tickets.models import Attachment, LinkKind
from tickets.queries import history, ticket_by_number


@dataclass
class Typed:
    """What somebody sent that was not accepted: shown again, with the reasons."""

    visibility: str = ""
    body: str = ""
    uploads: list[Attachment] = field(default_factory=list)
    token: str = ""
    errors: list[str] = field(default_factory=list)
    refusal: Refusal | None = None
    form: str = ""
    values: dict[str, str] = field(default_factory=dict)


def ticket_page(request: HttpRequest, number: int, typed: Typed | None = None, *, status: int = 200) -> HttpResponse:
    """The page, with what was typed when something was refused."""
    user = member(request)
    page = load(user, number)
    typed = typed or Typed()
    context: dict[str, Any] = {
        "page": page,
        "ticket": page.ticket,
        "properties": properties(page, typed.refusal),
        "typed": typed,
        "tokens": {"public": fresh_token(), "internal": fresh_token(), "follow_up": fresh_token()},
        "splitting": request.GET.get("split") == "1" or typed.form == "split",
        "after": [
            (key, f"set {label.lower()}")
            for key, label in page.statuses[1:]
            if key in ("pending", "on_hold", "solved", "open")
        ],
        "link_kinds": [choice for choice in LinkKind.choices if choice[0] not in ("follow_up", "split")],
        "max_files": settings.ATTACHMENTS_PER_MESSAGE,
        "max_chars": settings.MESSAGE_MAX_CHARS,
        "now": timezone.now(),
    }
    return desk_page(request, "desk/ticket.html", context, status=status)


@require_GET
@staff_only
def show(request: HttpRequest, number: int) -> HttpResponse:
    """One ticket."""
    return ticket_page(request, number)


@require_GET
@staff_only
def show_history(request: HttpRequest, number: int) -> HttpResponse:
    """Who changed what, when, from which channel."""
    user = member(request)
    ticket = ticket_by_number(user, number)
    lines = history(ticket, user)
    return desk_page(request, "desk/history.html", {"ticket": ticket, "lines": lines[::-1]})


@require_POST
@staff_only
def change(request: HttpRequest, number: int) -> HttpResponse:
    """Save one property. A change that cannot be saved comes back with what was typed."""
    user = member(request)
    ticket = ticket_by_number(user, number)
    name = request.POST.get("field", "")[:100]
    try:
        wanted = wanted_change(name, request.POST, user)
        actions.change_ticket(ticket, wanted, actor=user, version=identifier(request.POST.get("version")) or None)
    except NotFound:
        raise
    except DomainError as error:
        refusal = Refusal(name, request.POST.getlist("value"), error)
        if name == "subject":
            messages.error(request, refusal.text)
        return ticket_page(request, number, Typed(refusal=refusal), status=error.status)
    if not ticket_visible(request, number):
        messages.success(request, f"#{number} was saved. It is now in a team whose tickets you do not see.")
        if request.headers.get("HX-Request"):  # the whole page goes, not the field
            return HttpResponse(headers={"HX-Redirect": reverse("desk:home")})
        return redirect("desk:home")
    return redirect("desk:ticket", number=number)


def ticket_visible(request: HttpRequest, number: int) -> bool:
    """Whether the person still sees the ticket after what they did to it."""
    try:
        ticket_by_number(member(request), number)
    except NotFound:
        return False
    return True
