"""The frame of every desk page: rail, views with counts, bell."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from desk.access import member
from notifications import queries as notices
from people.models import User
from tickets.queries import COUNT_CAP, counts, views


@dataclass(frozen=True)
class ViewLink:
    """A line of the sidebar."""

    key: str
    label: str
    icon: str
    count: str
    some: bool


@dataclass(frozen=True)
class Frame:
    """What surrounds a page."""

    groups: list[tuple[str, list[ViewLink]]]
    unread: str


def frame(user: User) -> Frame:
    """Three statements, whatever there is."""
    found = views(user)
    numbers = counts(found)
    links = [(view.group, _link(view.key, view.label, view.icon, numbers[view.key])) for view in found]
    links.sort(key=lambda pair: _GROUPS.index(pair[0]) if pair[0] in _GROUPS else len(_GROUPS))
    groups = [(label, [link for _, link in pairs]) for label, pairs in groupby(links, key=lambda pair: pair[0])]
    return Frame(groups=groups, unread=notices.unread_label(notices.unread(user)))


_GROUPS = ["Mine", "My teams", "Everybody"]


def _link(key: str, label: str, icon: str, number: int) -> ViewLink:
    return ViewLink(key, label, icon, capped(number), number > 0)


def capped(number: int) -> str:
    """'14', or '1,000+' where counting stopped."""
    return f"{COUNT_CAP:,}+" if number > COUNT_CAP else f"{number:,}"


def desk_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    area: str = "tickets",
    status: int = 200,
) -> HttpResponse:
    """Render a page of the desk inside its frame. ``area``: the rail's current entry."""
    given = {"frame": frame(member(request)), "area": area, **(context or {})}
    response = render(request, template, given, status=status)
    response["Cache-Control"] = "private, no-store" if status >= 400 else "private, no-cache"
    return response
