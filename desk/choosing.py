"""From the value of a <select> to the thing it names; unknown ones are told beside the field."""

from __future__ import annotations

from core.errors import Invalid
from desk.filters import ME
from desk.reading import identifier
from people.models import Team, User
from people.queries import visible_users
from tickets.models import Category, Ticket

NOTHING = "none"


def chosen_assignee(value: str, user: User) -> User | None:
    """A member of the staff; ``me`` and ``none`` are understood."""
    if value in ("", NOTHING):
        return None
    if value == ME:
        return user
    found = visible_users(user).active().staff().filter(pk=identifier(value)).first()
    if found is None:
        raise Invalid("There is no such person.", fields={"assignee": ["There is no such person."]})
    return found


def chosen_team(value: str, user: User) -> Team | None:
    """A team in use."""
    if value in ("", NOTHING):
        return None
    found = Team.objects.filter(is_active=True, pk=identifier(value)).first()
    if found is None:
        raise Invalid("There is no such team.", fields={"team": ["There is no such team."]})
    return found


def chosen_category(value: str) -> Category | None:
    """A category in use."""
    if value in ("", NOTHING):
        return None
    found = Category.objects.filter(is_active=True, pk=identifier(value)).first()
    if found is None:
        raise Invalid("There is no such category.", fields={"category": ["There is no such category."]})
    return found


def ticket_by_words(value: str, user: User, field: str = "target") -> Ticket:
    """The ticket that '#123' or '123' names, if ``user`` may see it."""
    number = identifier(value.strip().lstrip("#"))
    found = Ticket.objects.visible_to(user).filter(number=number).first() if number else None
    if found is None:
        raise Invalid("There is no such ticket.", fields={field: ["There is no ticket with this number."]})
    return found
