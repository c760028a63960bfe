"""People in copy, followers, links, merge, split, follow-up, time."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from core.errors import DomainError, Invalid, NotFound
from desk.access import View, member, staff_only
from desk.choosing import ticket_by_words
from desk.reading import identifier, identifiers, token, words
from desk.tickets import Typed, ticket_page, ticket_visible
from people.actions import ensure_customer
from people.models import User
from people.queries import visible_users
from tickets import actions
from tickets.models import Ticket, TicketLink
from tickets.queries import ticket_by_number

Deed = Callable[[HttpRequest, Ticket, User], HttpResponse | None]


def deed(name: str) -> Callable[[Deed], View]:
    """A view that does one thing to a ticket; what is refused is told in the form called ``name``."""

    def wrap(act: Deed) -> View:
        @require_POST
        @staff_only
        def view(request: HttpRequest, number: int) -> HttpResponse:
            user = member(request)
            ticket = ticket_by_number(user, number)
            try:
                answer = act(request, ticket, user)
            except NotFound:
                raise
            except DomainError as error:
                texts = [text for found in error.fields.values() for text in found] or [error.message]
                values = {
                    key: words(request.POST.get(key), 500) for key in request.POST if key != "csrfmiddlewaretoken"
                }
                return ticket_page(request, number, Typed(form=name, errors=texts, values=values), status=error.status)
            return answer or redirect("desk:ticket", number=number)

        view.__name__, view.__doc__ = act.__name__, act.__doc__
        return view

    return wrap


@deed("cc")
def add_cc(request: HttpRequest, ticket: Ticket, user: User) -> None:
    """Put somebody in copy by their address; strangers become customers."""
    person = ensure_customer(words(request.POST.get("email"), 254), words(request.POST.get("name"), 150), actor=user)
    if not actions.add_participants(ticket, [person], actor=user):
        messages.info(request, f"{person.display_name} is on this ticket already.")


@deed("follower")
def add_follower(request: HttpRequest, ticket: Ticket, user: User) -> None:
    """Let a colleague follow."""
    person = _person(request)
    actions.add_participants(ticket, [person], actor=user, role="follower")
    if not Ticket.objects.visible_to(person).filter(pk=ticket.pk).exists():
        messages.warning(request, f"{person.display_name} does not see this team's tickets and will hear nothing.")


@deed("cc")
def remove_participant(request: HttpRequest, ticket: Ticket, user: User) -> None:
    """Take somebody out of copy, or let them no longer follow."""
    actions.remove_participant(ticket, _person(request), actor=user)


def _person(request: HttpRequest) -> User:
    person = visible_users(member(request)).filter(pk=identifier(request.POST.get("user"))).first()
    if person is None:
        raise Invalid("There is no such person.", fields={"user": ["Choose a person."]})
    return person


@deed("follower")
def follow(request: HttpRequest, ticket: Ticket, user: User) -> None:
    """Follow, or stop."""
    actions.follow(ticket, actor=user, on=request.POST.get("on") == "1")


@deed("link")
def add_link(request: HttpRequest, ticket: Ticket, user: User) -> None:
    """Say how this ticket hangs together with another."""
    target = ticket_by_words(words(request.POST.get("target"), 40), user)
    actions.link_tickets(ticket, target, words(request.POST.get("kind"), 20), actor=user)


@deed("link")
def remove_link(request: HttpRequest, ticket: Ticket, user: User) -> None:
    """Remove a link of this ticket."""
    pk = identifier(request.POST.get("link"))
    link = TicketLink.objects.filter(pk=pk).select_related("source", "target").first()
    if link is None or ticket.pk not in (link.source_id, link.target_id):
        raise NotFound("There is no such link.")
    actions.unlink_tickets(link, actor=user)


@deed("merge")
def merge(request: HttpRequest, ticket: Ticket, user: User) -> HttpResponse:
    """Close this ticket as a duplicate of another."""
    target = ticket_by_words(words(request.POST.get("target"), 40), user)
    merged = actions.merge_tickets(ticket, target, actor=user)
    messages.success(request, f"#{ticket.number} was merged into this ticket.")
    return redirect("desk:ticket", number=merged.number)


@deed("split")
def split(request: HttpRequest, ticket: Ticket, user: User) -> HttpResponse:
    """Move chosen messages into a new ticket."""
    chosen = identifiers(request.POST.getlist("message"))[:500]
    new = actions.split_ticket(ticket, chosen, subject=request.POST.get("subject", ""), actor=user)
    messages.success(request, f"Split off #{ticket.number}.")
    return redirect("desk:ticket", number=new.number)


@deed("follow_up")
def follow_up(request: HttpRequest, ticket: Ticket, user: User) -> HttpResponse:
    """Go on from a closed ticket in a new one."""
    new = actions.open_follow_up(
        ticket, actor=user, body=request.POST.get("body", ""), channel="web", client_token=token(request)
    )
    return redirect("desk:ticket", number=new.number)


@deed("time")
def log_time(request: HttpRequest, ticket: Ticket, user: User) -> None:
    """Record working time, given in minutes."""
    entry = actions.log_time(ticket, actor=user, seconds=_seconds(request), note=request.POST.get("note", ""))
    messages.success(request, f"{entry.seconds // 60} min {entry.seconds % 60:02d} s logged.")


def _seconds(request: HttpRequest) -> int:
    text = words(request.POST.get("minutes"), 20).replace(",", ".")
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes <= 24 * 60:
        raise Invalid("This is not a working time.", fields={"minutes": ["Minutes, like 5 or 12.5, at most 1440."]})
    return max(1, round(minutes * 60))


@deed("assign")
def take(request: HttpRequest, ticket: Ticket, user: User) -> HttpResponse | None:
    """Assign the ticket to oneself."""
    version = identifier(request.POST.get("version")) or None
    try:
        actions.change_ticket(ticket, {"assignee": user}, actor=user, version=version)
    except DomainError as error:
        messages.error(request, error.message)
    return None if ticket_visible(request, ticket.number) else redirect("desk:home")
