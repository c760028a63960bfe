"""A list's filters: read from the address, applied to tickets, shown as chips in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from desk.options import Choice, Options
from desk.reading import identifier, words
from people.models import User
from tickets.models import Priority, Status, TicketQuerySet, TicketType

ME, NOBODY = "me", "none"


@dataclass(frozen=True)
class Chip:
    """One filter in words, and the query string that is left without it."""

    text: str
    without: str


@dataclass
class Filters:
    """What the address asks for. ``ignored`` names what was not understood."""

    chosen: dict[str, list[str]] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.chosen)

    def one(self, name: str) -> str:
        return self.chosen.get(name, [""])[0]


NAMES = ("q", "status", "priority", "type", "team", "assignee", "category", "tag")


def read(query: QueryDict, options: Options) -> Filters:
    """The filters among the query's values; unknown values are left out and named."""
    found = Filters()
    allowed = _allowed(options)
    for name in NAMES:
        for raw in query.getlist(name)[:10]:
            value = words(raw, 500 if name == "q" else 60)
            if not value:
                continue
            if name in allowed and value not in allowed[name]:
                found.ignored.append(f"{name} “{value[:40]}”")
            elif value not in found.chosen.setdefault(name, []):
                found.chosen[name].append(value.lower() if name == "tag" else value)
        if not found.chosen.get(name, True):
            del found.chosen[name]
    return found


def _allowed(options: Options) -> Mapping[str, set[str]]:
    return {
        "status": set(Status.values),
        "priority": set(Priority.values),
        "type": set(TicketType.values),
        "team": {NOBODY, *(value for value, _ in options.groups)},
        "assignee": {ME, NOBODY, *(value for value, _ in options.people)},
        "category": {NOBODY, *(value for value, _ in options.categories)},
    }


def apply(tickets: TicketQuerySet, filters: Filters, user: User) -> TicketQuerySet:
    """The tickets that satisfy every filter; several values of one filter are alternatives, tags add up."""
    for name, values in filters.chosen.items():
        tickets = _APPLIED[name](tickets, values, user)
    return tickets


def _ids(column: str) -> Callable[[TicketQuerySet, list[str], User], TicketQuerySet]:
    def narrow(tickets: TicketQuerySet, values: list[str], user: User) -> TicketQuerySet:
        from django.db.models import Q

        ids = [user.pk if value == ME else identifier(value) for value in values if value != NOBODY]
        wanted = Q(**{f"{column}__in": [pk for pk in ids if pk]})
        if NOBODY in values:
            wanted |= Q(**{f"{column}__isnull": True})
        return tickets.filter(wanted)

    return narrow


def _tagged(tickets: TicketQuerySet, values: list[str], _: User) -> TicketQuerySet:
    from django.db.models import Exists, OuterRef

    from tickets.models import Ticket

    through = Ticket.tags.through
    for name in values:
        tickets = tickets.filter(Exists(through.objects.filter(ticket=OuterRef("pk"), tag__name=name)))
    return tickets


_APPLIED: dict[str, Callable[[TicketQuerySet, list[str], User], TicketQuerySet]] = {
    "q": lambda tickets, values, _: tickets.matching(values[0]),
    "status": lambda tickets, values, _: tickets.with_status(*values),
    "priority": lambda tickets, values, _: tickets.filter(priority__in=values),
    "type": lambda tickets, values, _: tickets.filter(type__in=values),
    "team": _ids("team"),
    "assignee": _ids("assignee"),
    "category": _ids("category"),
    "tag": _tagged,
}


def chips(filters: Filters, options: Options, query: QueryDict) -> list[Chip]:
    """'status is open, pending', each with the address of the list without it."""
    labels = _labels(options)
    found = []
    for name, values in filters.chosen.items():
        shown = ", ".join(labels.get(name, {}).get(value, value) for value in values)
        text = f"text has “{shown}”" if name == "q" else f"{name} is {shown}"
        found.append(Chip(text, without(query, name)))
    return found


def without(query: QueryDict, *names: str, **more: str) -> str:
    """The query string without some names (and without the place in the list), with others set."""
    rest = query.copy()
    for name in (*names, "cursor"):
        rest.pop(name, None)
    for name, value in more.items():
        rest[name] = value
    return rest.urlencode()


def _labels(options: Options) -> dict[str, dict[str, Any]]:
    def lower(pairs: tuple[Choice, ...]) -> dict[str, str]:
        return {value: str(label).lower() for value, label in pairs}

    return {
        "status": lower(options.statuses),
        "priority": lower(options.priorities),
        "type": lower(options.types),
        "team": dict(options.groups) | {NOBODY: "none"},
        "assignee": dict(options.people) | {ME: "me", NOBODY: "nobody"},
        "category": dict(options.categories) | {NOBODY: "none"},
    }
