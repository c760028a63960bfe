"""Lists of tickets: views, counts, lookups; in a bounded number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Case, DateTimeField, IntegerField, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from core.errors import NotFound
from core.paging import Order, Page, page_by_key  # noqa: F401 (paging is the house's, the orders are ours)
from people.models import Team, User
from tickets.models import (
    Priority,
    Status,
    Ticket,
    TicketQuerySet,
)

COUNT_CAP = 1_000
_NEVER = Value(datetime(9999, 1, 1, tzinfo=UTC), output_field=DateTimeField())

PRIORITY_RANK = Case(
    *[When(priority=value, then=Value(rank)) for rank, value in enumerate(Priority.values)],
    output_field=IntegerField(),
)
ORDERS: dict[str, Order] = {
    order.key: order
    for order in (
        Order("updated", "Last change", "updated_at"),
        Order("-updated", "Oldest change", "updated_at", descending=False),
        Order("created", "Newest", "created_at"),
        Order("-created", "Oldest", "created_at", descending=False),
        Order("priority", "Priority", PRIORITY_RANK, descending=False),
        Order("due", "Due", Coalesce("next_due_at", _NEVER), descending=False),
        Order("number", "Number", "number"),
    )
}


def ticket_by_number(user: User | None, number: int) -> Ticket:
    """The ticket with everything its page head shows. Raises NotFound for missing and for not visible."""
    ticket = Ticket.objects.visible_to(user).for_list().filter(number=number).first()
    if ticket is None:
        raise NotFound("There is no such ticket.")
    return ticket


@dataclass(frozen=True)
class View:
    """A standard list of the sidebar. ``tickets`` is already limited to what its user may see."""

    key: str
    label: str
    group: str
    tickets: TicketQuerySet = field(repr=False, compare=False)
    icon: str = "inbox"


def views(user: User) -> list[View]:
    """The standard views of a staff member, in sidebar order. One statement (the user's teams)."""
    seen = Ticket.objects.visible_to(user)
    teams = Team.objects.filter(memberships__user=user, is_active=True)
    return [
        *_own_views(user, seen),
        *_common_views(seen),
        *(
            View(f"team-{team.key}", team.name, "My teams", seen.unsolved().filter(team=team), "users")
            for team in teams
        ),
    ]


def _own_views(user: User, seen: TicketQuerySet) -> list[View]:
    mine, followed = seen.filter(assignee=user), seen.unsolved().filter(participants__user=user)
    return [
        View("my-open", "My open", "Mine", mine.unsolved(), "inbox"),
        View("waiting-for-me", "Waiting for me", "Mine", mine.active(), "hand-stop"),
        View("following", "Following", "Mine", followed, "eye"),
    ]


def _common_views(seen: TicketQuerySet) -> list[View]:
    week_ago = timezone.now() - timedelta(days=7)
    found = [
        ("unassigned", "Unassigned", seen.unsolved().filter(assignee=None), "user-question"),
        ("all-open", "All open", seen.unsolved(), "stack-2"),
        ("escalated", "Escalated", seen.with_status(Status.ESCALATED), "flame"),
        ("pending", "Waiting for customer", seen.filter(status=Status.PENDING), "hourglass"),
        ("on-hold", "On hold", seen.filter(status=Status.ON_HOLD), "player-pause"),
        ("solved", "Solved this week", seen.filter(solved_at__gte=week_ago), "circle-check"),
        ("all", "All tickets", seen, "archive"),
    ]
    return [View(key, label, "Everybody", tickets, icon) for key, label, tickets, icon in found]


def view_by_key(user: User, key: str) -> View:
    """One of ``views``. Raises NotFound."""
    for view in views(user):
        if view.key == key:
            return view
    raise NotFound("There is no such view.")


def counts(found: Sequence[View]) -> dict[str, int]:
    """View key -> number of tickets, counted up to 1,000 (then 1,001 is returned). One statement for all."""
    parts: list[str] = []
    params: list[Any] = []
    for index, view in enumerate(found):
        sql, given = view.tickets.order_by().values("pk")[: COUNT_CAP + 1].query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({sql}) AS v{index})")  # noqa: S608 (SQL made by the ORM)
        params.extend(given)
    if not parts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", params)
        row = cursor.fetchone()
    return {view.key: number for view, number in zip(found, row, strict=True)}


def previous_tickets(ticket: Ticket, user: User, limit: int = 5) -> list[Ticket]:
    """The requester's other tickets that ``user`` may see, newest first."""
    others = Ticket.objects.visible_to(user).filter(requester=ticket.requester_id).exclude(pk=ticket.pk)
    return list(others.order_by("-id")[:limit])


def mentionable(user: User, words: str = "", limit: int = 8) -> list[User]:
    """Active staff whose name or address starts with ``words``."""
    people = User.objects.active().staff()
    if words:
        people = people.filter(Q(name__icontains=words[:60]) | Q(email__istartswith=words[:60]))
    return list(people.order_by("name")[:limit])


def next_for(user: User) -> Ticket | None:
    """The ticket to take next: mine that wait for us, then unassigned ones of my teams, then any unassigned.

    Within each the most urgent first, then the oldest. One statement for each that is empty."""
    waiting = Ticket.objects.visible_to(user).active()
    queues = [
        waiting.filter(assignee=user),
        waiting.filter(assignee=None, team__memberships__user=user),
        waiting.filter(assignee=None),
    ]
    for queue in queues:
        page = page_by_key(queue, ORDERS["priority"], None, 1)
        if page.items:
            return page.items[0]
    return None
