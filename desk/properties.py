"""The properties beside a ticket: each is saved on its own, with the version its reader saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from core.errors import Conflict, DomainError, Invalid
from desk.choosing import chosen_assignee, chosen_category, chosen_team
from desk.conversation import TicketPage, last_change, shown_value
from desk.reading import listed
from people.models import User
from tickets.models import CustomField, FieldKind

Choice = tuple[str, str]
PLAIN = {
    "status", "priority", "type", "sentiment", "resolution_type", "resolution_summary", "root_cause", "subject",
}  # fmt: skip


@dataclass(frozen=True)
class Property:
    """One field with its input. ``typed`` is what somebody sent that was not saved."""

    name: str
    label: str
    kind: str
    value: Any
    choices: Sequence[Choice] = ()
    help: str = ""
    error: str = ""
    theirs: str = ""
    together: str = ""

    @property
    def id(self) -> str:
        return self.name.replace(".", "-")


@dataclass(frozen=True)
class Refusal:
    """A change that was not saved, as the page shows it again."""

    name: str
    typed: list[str]
    error: DomainError

    @property
    def stale(self) -> bool:
        return isinstance(self.error, Conflict) and self.error.code == "stale"

    @property
    def text(self) -> str:
        found = self.error.fields.get(self.name) or [self.error.message]
        return " ".join(found)


def wanted_change(name: str, data: QueryDict, user: User) -> dict[str, Any]:
    """What a property's form asks for, ready for ``change_ticket``. Raises Invalid."""
    value = data.get("value", "")
    if name in PLAIN:
        return {name: value}
    if name == "assignee":
        return {name: chosen_assignee(value, user)}
    if name == "team":
        return {name: chosen_team(value, user)}
    if name == "category":
        return {name: chosen_category(value)}
    if name == "tags":
        return {name: listed(value)}
    if name.startswith("fields."):
        return {"fields": {name.removeprefix("fields."): _answer(data)}}
    raise Invalid("There is no such field.")


def _answer(data: QueryDict) -> Any:
    values = [value for value in data.getlist("value") if value != ""]
    return values if data.get("several") else (values[0] if values else None)


def properties(page: TicketPage, refusal: Refusal | None) -> dict[str, list[Property]]:
    """The groups of the panel: the ticket's own fields, the custom ones, how it was resolved."""
    groups = {
        "ticket": _own(page),
        "fields": [_custom(page, found) for found in page.fields],
        "resolution": _resolution(page),
    }
    if refusal:
        groups = {key: [_refused(page, found, refusal) for found in rows] for key, rows in groups.items()}
    return groups


def _own(page: TicketPage) -> list[Property]:
    ticket, options = page.ticket, page.options
    assignees = _with(ticket.assignee, ("", "Nobody"), options.people)
    teams = _with(ticket.team, ("", "No team"), options.groups)
    categories = _with(ticket.category, ("", "None"), options.categories)
    return [
        Property("status", "Status", "select", ticket.shown_status, page.statuses),
        Property("priority", "Priority", "select", ticket.priority, options.priorities),
        Property("assignee", "Assignee", "select", ticket.assignee_id or "", assignees),
        Property("team", "Team", "select", ticket.team_id or "", teams, together="#property-assignee"),
        Property("category", "Category", "select", ticket.category_id or "", categories, together="#custom-fields"),
        Property("type", "Type", "select", ticket.type, options.types),
        Property("tags", "Tags", "tags", ", ".join(page.tags), help="Separated by commas"),
        Property("sentiment", "Sentiment", "select", ticket.sentiment, [("", "Not judged"), *options.sentiments]),
    ]


def _with(current: Any, empty: Choice, choices: Sequence[Choice]) -> list[Choice]:
    """The choices, with what is set now even when it is no longer offered."""
    found = [empty, *choices]
    if current is not None and str(current.pk) not in {value for value, _ in choices}:
        found.append((str(current.pk), str(current)))
    return found


def _resolution(page: TicketPage) -> list[Property]:
    ticket = page.ticket
    kinds = [("", "Not resolved"), *page.options.resolutions]
    return [
        Property("resolution_type", "How", "select", ticket.resolution_type, kinds),
        Property("root_cause", "Root cause", "text", ticket.root_cause),
        Property("resolution_summary", "Summary", "area", ticket.resolution_summary),
    ]


_INPUTS: Mapping[str, str] = {
    FieldKind.CHOICE: "select", FieldKind.MULTI_CHOICE: "several", FieldKind.DATE: "date",
    FieldKind.CHECKBOX: "select", FieldKind.LOG: "area",
}  # fmt: skip


def _custom(page: TicketPage, found: CustomField) -> Property:
    value = page.ticket.fields.get(found.key)
    choices: list[Choice] = [("", "—"), *((choice, choice) for choice in found.choices)]
    if found.kind == FieldKind.CHECKBOX:
        choices = [("", "—"), ("true", "Yes"), ("false", "No")]
        value = "" if value is None else str(value).lower()
    if found.kind == FieldKind.MULTI_CHOICE:
        value, choices = value or [], choices[1:]
    kind = _INPUTS.get(found.kind, "text")
    return Property(
        f"fields.{found.key}", found.label, kind, "" if value is None else value, choices, help=found.help_text
    )


def _refused(page: TicketPage, found: Property, refusal: Refusal) -> Property:
    """The property with what was typed and why it was not saved."""
    if found.name != refusal.name:
        return found
    typed: Any = refusal.typed if found.kind == "several" else (refusal.typed or [""])[0]
    told, theirs = refusal.text, ""
    if refusal.stale:
        line = last_change(page, found.name)
        theirs = shown_value(page, found.name)
        who = line.actor if line else "Somebody else"
        told = f"{who} changed this to “{theirs}” in the meantime. Yours is not saved."
    return Property(found.name, found.label, found.kind, typed, found.choices, found.help, told, theirs, found.together)
