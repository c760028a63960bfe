"""A ticket's conversation and history, with every name resolved in a bounded number of statements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.models import Event
from people.models import Team, User
from tickets import events
from tickets.models import Category, Message, Status, Ticket, Visibility


def messages_of(ticket: Ticket, user: User | None) -> list[Message]:
    """What was said and ``user`` may read, in order, with authors and files: two statements."""
    visible = ticket.messages.visible_to(user).select_related("author", "moved_from")
    return list(visible.prefetch_related("attachments").order_by("created_at", "id"))


@dataclass(frozen=True)
class HistoryLine:
    """One event in plain words. ``changes``: (field, before, after) for those that have them."""

    id: int
    at: datetime
    kind: str
    actor: str
    channel: str
    text: str
    changes: tuple[tuple[str, str, str], ...] = ()
    ticket_id: int | None = None


@dataclass(frozen=True)
class TimelineItem:
    """A message or an event line, as the conversation shows them."""

    at: datetime
    message: Message | None = None
    line: HistoryLine | None = None


def history(ticket: Ticket, user: User | None, limit: int = 1_000) -> list[HistoryLine]:
    """The ticket's events, oldest first; for customers only those meant for them, without names or values."""
    rows = Event.objects.about("ticket", ticket.pk).order_by("-id")
    staff = user is not None and user.is_agent
    if not staff:
        rows = rows.filter(kind__in=[kind.name for kind in _customer_kinds()])
    found = list(reversed(rows[:limit]))
    names = _Names.of(found) if staff else _Names()
    return [_line(event, names, staff) for event in found]


def timeline(ticket: Ticket, user: User | None) -> list[TimelineItem]:
    """Messages and the events worth a line between them, by time."""
    hidden = {events.MESSAGE_ADDED.name, events.TIME_LOGGED.name, events.MENTIONED.name}
    items = [TimelineItem(message.created_at, message=message) for message in messages_of(ticket, user)]
    items += [TimelineItem(line.at, line=line) for line in history(ticket, user) if line.kind not in hidden]
    return sorted(items, key=lambda item: (item.at, item.message is None))


def _customer_kinds() -> list[Any]:
    return [events.TICKET_CREATED, events.STATUS_CHANGED, events.FOLLOWED_UP]


@dataclass
class _Names:
    """Ids of payloads as names, fetched for a whole history at once."""

    users: dict[int, str] = field(default_factory=dict)
    teams: dict[int, str] = field(default_factory=dict)
    categories: dict[int, str] = field(default_factory=dict)
    tickets: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, found: Iterable[Event]) -> _Names:
        """At most four statements, whatever the number of events."""
        ids: dict[str, set[int]] = {
            "user": set(),
            "team": set(),
            "category": set(),
            "ticket": set(),
        }
        for event in found:
            if event.actor_id:
                ids["user"].add(event.actor_id)
            for kind, value in _mentioned_ids(event.payload):
                ids[kind].add(value)
        return cls(
            users={user.pk: user.display_name for user in User.objects.filter(pk__in=ids["user"])},
            teams=dict(Team.objects.filter(pk__in=ids["team"]).values_list("pk", "name")),
            categories=dict(Category.objects.filter(pk__in=ids["category"]).values_list("pk", "name")),
            tickets={
                pk: f"#{number}"
                for pk, number in Ticket.objects.filter(pk__in=ids["ticket"]).values_list("pk", "number")
            },
        )


_ID_KEYS = {
    "team_id": "team", "assignee_id": "user", "user_ids": "user", "author_id": "user", "agent_id": "user",
    "requester_id": "user", "category_id": "category", "into_id": "ticket", "from_id": "ticket",
    "source_id": "ticket", "target_id": "ticket", "follow_up_id": "ticket", "team": "team", "assignee": "user",
    "category": "category", "added": "user", "removed": "user",
}  # fmt: skip


def _mentioned_ids(payload: dict[str, Any]) -> Iterable[tuple[str, int]]:
    for key, value in payload.items():
        if key == "changes" and isinstance(value, dict):
            yield from _mentioned_ids(value)
        kind = _ID_KEYS.get(key)
        if kind:
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, int):
                    yield kind, one


def _line(event: Event, names: _Names, staff: bool) -> HistoryLine:
    actor = names.users.get(event.actor_id or 0, "The helpdesk" if event.actor_id is None else "Somebody")
    text, changes = _WORDS.get(event.kind, _other)(event.payload, names)
    return HistoryLine(
        id=event.pk,
        at=event.occurred_at,
        kind=event.kind,
        actor=actor if staff else "",
        channel=event.channel if staff else "",
        text=text,
        changes=tuple(changes) if staff else (),
        ticket_id=event.subject_id,
    )


Change = tuple[str, str, str]
Words = tuple[str, list[Change]]


def _status(value: str) -> str:
    return str(Status(value).label) if value in Status.values else value


def _created(payload: dict[str, Any], _: _Names) -> Words:
    return "Ticket created", []


def _status_changed(payload: dict[str, Any], _: _Names) -> Words:
    before, after = _status(payload["from"]), _status(payload["to"])
    reopened = payload["from"] == Status.SOLVED and payload["to"] in (
        Status.OPEN,
        Status.ESCALATED,
    )
    return ("Reopened" if reopened else f"Status: {after}"), [("Status", before, after)]


def _assigned(payload: dict[str, Any], names: _Names) -> Words:
    changes = []
    if "team_id" in payload:
        before, after = payload["team_id"]
        changes.append(("Team", names.teams.get(before, "none"), names.teams.get(after, "none")))
    if "assignee_id" in payload:
        before, after = payload["assignee_id"]
        changes.append(
            (
                "Assignee",
                names.users.get(before, "nobody"),
                names.users.get(after, "nobody"),
            )
        )
    return "Assigned to " + ", ".join(after for _, _, after in changes), changes


def _changed(payload: dict[str, Any], names: _Names) -> Words:
    changes = [
        (_field_name(name), _value(name, pair[0], names), _value(name, pair[1], names))
        for name, pair in payload["changes"].items()
    ]
    return ", ".join(f"{name}: {after}" for name, _, after in changes), changes


def _field_name(name: str) -> str:
    return name.removeprefix("fields.").replace("_", " ").capitalize()


def _value(name: str, value: Any, names: _Names) -> str:
    if value in (None, "", []):
        return "empty"
    if name == "category":
        return names.categories.get(value, f"category {value}")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    shown = str(value)
    if name in ("priority", "type", "sentiment", "resolution_type"):
        shown = shown.replace("_", " ").capitalize()
    return shown if len(shown) <= 120 else shown[:117] + "…"


def _tagged(payload: dict[str, Any], _: _Names) -> Words:
    parts = [f"added {', '.join(payload['added'])}"] if payload["added"] else []
    parts += [f"removed {', '.join(payload['removed'])}"] if payload["removed"] else []
    return "Tags " + ", ".join(parts), []


def _said(payload: dict[str, Any], names: _Names) -> Words:
    if payload["visibility"] == Visibility.INTERNAL:
        return "Internal note", []
    return ("First response" if payload["first_response"] else "Replied"), []


def _mentioned(payload: dict[str, Any], names: _Names) -> Words:
    return "Mentioned " + ", ".join(names.users.get(pk, "somebody") for pk in payload["user_ids"]), []


def _people(payload: dict[str, Any], names: _Names) -> Words:
    word = "Following" if payload.get("role") == "follower" else "In copy"
    parts = [f"{word}: {names.users.get(pk, 'somebody')}" for pk in payload["added"]]
    parts += [f"No longer {word.lower()}: {names.users.get(pk, 'somebody')}" for pk in payload["removed"]]
    return ", ".join(parts), []


def _merged(payload: dict[str, Any], names: _Names) -> Words:
    verb = "Merged" if payload["same_requester"] else "Closed as a duplicate:"
    return (
        f"{verb} {names.tickets.get(payload['from_id'], '')} into {names.tickets.get(payload['into_id'], '')}",
        [],
    )


def _split(payload: dict[str, Any], names: _Names) -> Words:
    number = len(payload["message_ids"])
    new, old = (
        names.tickets.get(payload["into_id"], ""),
        names.tickets.get(payload["from_id"], ""),
    )
    return (
        f"{new} split off {old} with {number} message{'s' if number != 1 else ''}",
        [],
    )


def _linked(payload: dict[str, Any], names: _Names) -> Words:
    source, target = (
        names.tickets.get(payload["source_id"], ""),
        names.tickets.get(payload["target_id"], ""),
    )
    return f"Linked: {source} {payload['kind'].replace('_', ' ')} {target}", []


def _unlinked(payload: dict[str, Any], names: _Names) -> Words:
    return f"Link removed: {_linked(payload, names)[0].removeprefix('Linked: ')}", []


def _time(payload: dict[str, Any], _: _Names) -> Words:
    minutes, seconds = divmod(payload["seconds"], 60)
    return f"Worked {minutes} min {seconds:02d} s" + (f": {payload['note']}" if payload.get("note") else ""), []


def _followed_up(payload: dict[str, Any], names: _Names) -> Words:
    return (
        f"Follow-up opened {names.tickets.get(payload['follow_up_id'], '')}".strip(),
        [],
    )


def _other(payload: dict[str, Any], _: _Names) -> Words:
    return "Something happened", []


_WORDS: dict[str, Any] = {
    events.TICKET_CREATED.name: _created,
    events.STATUS_CHANGED.name: _status_changed,
    events.ASSIGNED.name: _assigned,
    events.CHANGED.name: _changed,
    events.TAGGED.name: _tagged,
    events.MESSAGE_ADDED.name: _said,
    events.MENTIONED.name: _mentioned,
    events.PARTICIPANTS_CHANGED.name: _people,
    events.MERGED.name: _merged,
    events.SPLIT.name: _split,
    events.LINKED.name: _linked,
    events.UNLINKED.name: _unlinked,
    events.TIME_LOGGED.name: _time,
    events.FOLLOWED_UP.name: _followed_up,
}
