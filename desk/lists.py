"""The ticket list: one view of the sidebar, filtered, sorted, paged by key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby

from django.contrib import messages
from django.db.models.functions import Left
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from desk import filters, options
from desk.access import member, staff_only
from desk.filters import Chip
from desk.reading import identifier
from desk.shell import capped, desk_page
from people.models import User
from tickets.models import Message, Priority, Ticket, Visibility
from tickets.queries import COUNT_CAP, ORDERS, Page, View, next_for, page_by_key, view_by_key

PAGE_SIZE = 50
COLUMNS = {
    "status": "Status", "priority": "Priority", "assignee": "Assignee", "team": "Team", "category": "Category",
    "tags": "Tags", "type": "Type", "channel": "Channel", "organisation": "Organisation", "created": "Created",
    "updated": "Updated",
}  # fmt: skip
DEFAULT_COLUMNS = ["status", "priority", "assignee", "updated"]
SORTABLE = ("updated", "-updated", "created", "-created", "priority", "number")


@dataclass
class Row:
    """A ticket and the last thing said on it."""

    ticket: Ticket
    last: str = ""
    last_by: str = ""
    last_internal: bool = False
    waiting: bool = False
    tags: list[str] = field(default_factory=list)


@dataclass
class TicketList:
    """Everything the page shows."""

    view: View
    rows: list[tuple[str, list[Row]]]
    page: Page[Ticket]
    total: str
    filters: filters.Filters
    chips: list[Chip]
    options: options.Options
    order: str
    columns: list[str]


def ticket_list(user: User, view: View, request: HttpRequest) -> TicketList:
    """One page of a view with what its rows show; the number of statements does not depend on the rows."""
    choices = options.load(user)
    wanted = filters.read(request.GET, choices)
    tickets = filters.apply(view.tickets, wanted, user)
    order = request.GET.get("order", "")
    order = order if order in SORTABLE else "updated"
    page = page_by_key(tickets.for_list(), ORDERS[order], request.GET.get("cursor"), PAGE_SIZE)
    columns = chosen_columns(request)
    rows = _rows(page.items, with_tags="tags" in columns)
    total = tickets.order_by().values("pk")[: COUNT_CAP + 1].count()
    return TicketList(
        view=view,
        rows=_grouped(rows, order),
        page=page,
        total=f"{capped(total)} ticket{'' if total == 1 else 's'}",
        filters=wanted,
        chips=filters.chips(wanted, choices, request.GET),
        options=choices,
        order=order,
        columns=columns,
    )


def _rows(tickets: Iterable[Ticket], *, with_tags: bool) -> list[Row]:
    rows = {ticket.pk: Row(ticket, waiting=ticket.waits_for_us) for ticket in tickets}
    said = Message.objects.filter(ticket__in=rows).exclude(visibility=Visibility.SYSTEM)
    last = said.order_by("ticket_id", "-created_at", "-id").distinct("ticket_id").annotate(start=Left("body", 160))
    for message in last.values("ticket_id", "start", "visibility", "author__name", "author__email"):
        row = rows[message["ticket_id"]]
        row.last = " ".join(message["start"].split())
        row.last_by = message["author__name"] or (message["author__email"] or "").partition("@")[0]
        row.last_internal = message["visibility"] == Visibility.INTERNAL
    if with_tags:
        pairs = Ticket.tags.through.objects.filter(ticket__in=rows).order_by("tag__name")
        for ticket_id, name in pairs.values_list("ticket_id", "tag__name"):
            rows[ticket_id].tags.append(name)
    return list(rows.values())


def _grouped(rows: list[Row], order: str) -> list[tuple[str, list[Row]]]:
    """Rows under headings that follow the order."""
    today = timezone.localdate()

    def heading(row: Row) -> str:
        if order == "priority":
            return str(Priority(row.ticket.priority).label)
        if order == "number":
            return ""
        moment = row.ticket.created_at if "created" in order else row.ticket.updated_at
        return _day(timezone.localdate(moment), today)

    return [(label, list(group)) for label, group in groupby(rows, key=heading)]


def _day(day: date, today: date) -> str:
    if day >= today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    return "This week" if day > today - timedelta(days=7) else "Earlier"


def chosen_columns(request: HttpRequest) -> list[str]:
    """The columns this person chose, kept in their session."""
    chosen = request.session.get("desk_columns", DEFAULT_COLUMNS)
    return [name for name in COLUMNS if isinstance(chosen, list) and name in chosen]


@require_GET
@staff_only
def home(request: HttpRequest) -> HttpResponse:
    """The desk begins with what is mine."""
    return redirect("desk:list", key="my-open")


@require_GET
@staff_only
def show(request: HttpRequest, key: str) -> HttpResponse:
    """A view of the sidebar. A search for a number leads to that ticket."""
    user = member(request)
    number = identifier(request.GET.get("q", "").strip().lstrip("#"))
    if number and Ticket.objects.visible_to(user).filter(number=number).exists():
        return redirect("desk:ticket", number=number)
    found = ticket_list(user, view_by_key(user, key), request)
    if found.filters.ignored:
        messages.warning(request, f"Not understood and left out: {', '.join(found.filters.ignored[:5])}.")
    context = {
        "list": found,
        "view": found.view,
        "all_columns": COLUMNS.items(),
        "orders": [(name, ORDERS[name].label) for name in SORTABLE],
        "sortable": ("updated", "created", "priority"),
        "rest": filters.without(request.GET),
        "without_order": filters.without(request.GET, "order"),
        "bulk": {"statuses": [choice for choice in found.options.statuses if choice[0] not in ("new", "escalated")]},
    }
    return desk_page(request, "desk/list.html", context)


@require_POST
@staff_only
def choose_columns(request: HttpRequest) -> HttpResponse:
    """Keep the columns of the list for this person."""
    request.session["desk_columns"] = [name for name in request.POST.getlist("column") if name in COLUMNS]
    return redirect(back_to_list(request))


def back_to_list(request: HttpRequest) -> str:
    """The list somebody came from, on this site only."""
    from django.urls import reverse
    from django.utils.http import url_has_allowed_host_and_scheme

    back = request.POST.get("back", "")
    if back.startswith("/desk/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return back
    return reverse("desk:home")


@require_GET
@staff_only
def next_ticket(request: HttpRequest) -> HttpResponse:
    """Open the ticket to take next."""
    found = next_for(member(request))
    if found is not None:
        return redirect("desk:ticket", number=found.number)
    messages.success(request, "Nothing is waiting for you. Well done.")
    return redirect("desk:home")
