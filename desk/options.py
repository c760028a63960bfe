"""The choices that filters, properties and forms offer: people, teams, categories. Three statements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q

from people.models import Team, User
from tickets.models import (
    Category,
    Priority,
    ResolutionType,
    Sentiment,
    Status,
    TicketType,
)

Choice = tuple[str, str]


@dataclass(frozen=True)
class Options:
    """Value and label pairs, ready for <option>."""

    staff: list[User]
    teams: list[Team]
    categories: list[Choice]
    statuses: tuple[Choice, ...] = tuple(Status.choices)
    priorities: tuple[Choice, ...] = tuple(Priority.choices)
    types: tuple[Choice, ...] = tuple(TicketType.choices)
    sentiments: tuple[Choice, ...] = tuple(Sentiment.choices)
    resolutions: tuple[Choice, ...] = tuple(ResolutionType.choices)

    @property
    def people(self) -> list[Choice]:
        return [(str(user.pk), user.display_name) for user in self.staff]

    @property
    def groups(self) -> list[Choice]:
        return [(str(team.pk), team.name) for team in self.teams]


def load(user: User) -> Options:
    """Active staff, teams whose tickets ``user`` sees, and the category tree as indented names."""
    teams = Team.objects.filter(is_active=True)
    if not user.is_overseer:
        teams = teams.filter(Q(closed=False) | Q(memberships__user=user)).distinct()
    return Options(
        staff=list(User.objects.active().staff().order_by("name", "email")),
        teams=list(teams),
        categories=[(str(category.pk), label) for category, label in category_paths()],
    )


def category_paths() -> list[tuple[Category, str]]:
    """Active categories in tree order, each with its path: 'Marketplace / Connection'. One statement."""
    return list(_walk(list(Category.objects.filter(is_active=True)), None, "", set()))


def _walk(rows: list[Category], parent: int | None, prefix: str, seen: set[int]) -> Iterator[tuple[Category, str]]:
    known = {row.pk for row in rows}
    for row in rows:
        top = row.parent_id not in known if parent is None else row.parent_id == parent
        if not top or row.pk in seen:
            continue
        seen.add(row.pk)
        label = f"{prefix}{row.name}"
        yield row, label
        yield from _walk(rows, row.pk, f"{label} / ", seen)
