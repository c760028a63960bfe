"""What a change may say, checked before any ticket is locked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import Invalid
from people.models import Membership, Team, User
from tickets import validation
from tickets.custom_fields import clean_value
from tickets.models import (
    Category,
    CustomField,
    Priority,
    ResolutionType,
    Sentiment,
    Status,
    TicketType,
)


@dataclass
class Changes:
    """Cleaned changes: plain values, custom fields (None empties), tags."""

    values: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    tags: list[str] | None = None
    add_tags: list[str] = field(default_factory=list)
    remove_tags: list[str] = field(default_factory=list)

    @property
    def changes_tags(self) -> bool:
        return self.tags is not None or bool(self.add_tags or self.remove_tags)


def clean_changes(changes: Mapping[str, Any], *, actor: User | None) -> Changes:
    """Check every value; all mistakes are told at once. Raises Invalid with the fields at fault."""
    cleaned = Changes()
    errors: dict[str, list[str]] = {}
    for name, value in changes.items():
        try:
            _clean_one(cleaned, name, value)
        except Invalid as error:
            errors |= error.fields
    if not errors:
        errors |= _assignment_errors(cleaned)
    if errors:
        raise Invalid("Some fields need another look.", fields=errors)
    return cleaned


def _clean_one(cleaned: Changes, name: str, value: Any) -> None:
    if name in ("tags", "add_tags", "remove_tags"):
        setattr(cleaned, name, validation.tags(value))
    elif name == "fields":
        cleaned.fields = _custom_fields(value)
    elif name in _CLEANERS:
        cleaned.values[name] = _CLEANERS[name](name, value)
    else:
        raise Invalid(f"“{name}” cannot be changed.", fields={name: ["This cannot be changed."]})


def _custom_fields(values: Mapping[str, Any]) -> dict[str, Any]:
    known = {f.key: f for f in CustomField.objects.filter(key__in=values.keys(), is_active=True)}
    cleaned: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for key, value in values.items():
        try:
            if key not in known:
                raise ValueError("There is no such field.")
            cleaned[key] = clean_value(known[key], value)
        except ValueError as error:
            errors[f"fields.{key}"] = [str(error)]
    if errors:
        raise Invalid("Some fields need another look.", fields=errors)
    return cleaned


def _one_of(allowed: list[str], *, empty: bool = False) -> Callable[[str, Any], str]:
    def clean(name: str, value: Any) -> str:
        if empty and value in ("", None):
            return ""
        return validation.choice(name, str(value), allowed)

    return clean


def _text(limit: int) -> Callable[[str, Any], str]:
    return lambda name, value: validation.text(name, str(value or ""), limit)


def _instance(model: type[Any]) -> Callable[[str, Any], Any]:
    def clean(name: str, value: Any) -> Any:
        if value is not None and not isinstance(value, model):
            raise TypeError(f"{name}: give a {model.__name__} or None")
        return value

    return clean


_CLEANERS: dict[str, Callable[[str, Any], Any]] = {
    "subject": lambda _, value: validation.subject(str(value or "")),
    "status": _one_of(list(Status.values)),
    "priority": _one_of(list(Priority.values)),
    "type": _one_of(list(TicketType.values)),
    "sentiment": _one_of(list(Sentiment.values), empty=True),
    "resolution_type": _one_of(list(ResolutionType.values), empty=True),
    "resolution_summary": _text(10_000),
    "root_cause": _text(200),
    "category": _instance(Category),
    "team": _instance(Team),
    "assignee": _instance(User),
}


def _assignment_errors(cleaned: Changes) -> dict[str, list[str]]:
    team, assignee = cleaned.values.get("team"), cleaned.values.get("assignee")
    errors: dict[str, list[str]] = {}
    if team is not None and not team.is_active:
        errors["team"] = ["This team is no longer in use."]
    if assignee is None:
        return errors
    if not assignee.is_agent or not assignee.is_active:
        errors["assignee"] = ["Tickets are assigned to active staff."]
    elif team is not None:
        try:
            refuse_outsider(assignee, team)
        except Invalid as error:
            errors |= error.fields
    return errors


def refuse_outsider(assignee: User, team: Team) -> None:
    """Raise Invalid (field ``assignee``) unless this person may work for this team, see ``_may_join``."""
    if not _may_join(assignee, team):
        told = f"{assignee.display_name} is not in the closed team {team.name}."
        raise Invalid(told, fields={"assignee": [told]})


def _may_join(assignee: User, team: Team) -> bool:
    """A closed team's tickets go to its members and to those who see every team."""
    if not team.closed or assignee.is_overseer:
        return True
    return Membership.objects.filter(team=team, user=assignee).exists()
