"""One change for many tickets of a list."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from core.errors import DomainError
from desk.access import member, staff_only, told
from desk.choosing import NOTHING, chosen_assignee, chosen_team
from desk.lists import PAGE_SIZE, back_to_list
from desk.reading import identifiers, listed
from people.models import User
from tickets import actions
from tickets.models import Ticket


@require_POST
@staff_only
def change(request: HttpRequest) -> HttpResponse:
    """Apply the filled-in fields to the chosen tickets and tell what came of it."""
    user = member(request)
    chosen = identifiers(request.POST.getlist("ticket"))[: PAGE_SIZE * 2]
    tickets = list(Ticket.objects.visible_to(user).filter(pk__in=chosen).order_by("pk"))
    try:
        changes = wanted_changes(request, user)
    except DomainError as error:
        messages.error(request, told(error))
        return redirect(back_to_list(request))
    if not tickets or not changes:
        messages.warning(request, "Choose at least one ticket, and what to change.")
        return redirect(back_to_list(request))
    changed, refused = apply(tickets, changes, user)
    _tell(request, changed, refused)
    return redirect(back_to_list(request))


def wanted_changes(request: HttpRequest, user: User) -> dict[str, Any]:
    """The changes a bulk form asks for; fields left alone are not among them. Raises Invalid."""
    data = request.POST
    changes: dict[str, Any] = {name: data[name] for name in ("status", "priority") if data.get(name)}
    if data.get("assignee"):
        changes["assignee"] = chosen_assignee(data["assignee"], user)
    if data.get("team"):
        changes["team"] = None if data["team"] == NOTHING else chosen_team(data["team"], user)
    for name in ("add_tags", "remove_tags"):
        if listed(data.get(name)):
            changes[name] = listed(data.get(name))
    return changes


def apply(tickets: list[Ticket], changes: dict[str, Any], user: User) -> tuple[int, list[str]]:
    """All at once; when one of them refuses, each on its own. Returns how many were changed, and the refusals."""
    try:
        return len(actions.change_tickets([ticket.pk for ticket in tickets], changes, actor=user)), []
    except DomainError:
        pass
    refused = []
    for ticket in tickets:
        try:
            actions.change_ticket(ticket, changes, actor=user)
        except DomainError as error:
            refused.append(f"#{ticket.number}: {error.message}")
    return len(tickets) - len(refused), refused


def _tell(request: HttpRequest, changed: int, refused: list[str]) -> None:
    if changed:
        messages.success(request, f"{changed} ticket{'' if changed == 1 else 's'} changed.")
    if refused:
        more = f" … and {len(refused) - 5} more" if len(refused) > 5 else ""
        messages.warning(request, f"Left as they were: {' '.join(refused[:5])}{more}")
