"""From the columns of a row to what the ticket shall be. Every mistake of a row is told at once."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, TypeVar

from core.text import one_line, storable
from tickets import validation
from tickets.custom_fields import clean_value
from tickets.importing import values as cells
from tickets.importing.messages import SaidMessage, messages_of
from tickets.importing.presets import Preset
from tickets.importing.rows import Row, column_name
from tickets.importing.values import BadValue
from tickets.models import Channel, CustomField, Priority, Status, TicketType

T = TypeVar("T")
ALIASES: dict[str, tuple[str, ...]] = {
    "external_id": ("external_id", "id", "number", "ticket_id"),
    "subject": ("subject", "title", "summary"),
    "body": ("body", "text", "description", "message"),
    "requester_email": ("requester_email", "requester", "email", "from"),
    "requester_name": ("requester_name", "name"),
    "organisation": ("organisation", "organization", "company"),
    "channel": ("channel",),
    "status": ("status",),
    "priority": ("priority",),
    "type": ("type", "ticket_type"),
    "category": ("category",),
    "tags": ("tags",),
    "cc": ("cc",),
    "created_at": ("created_at", "created"),
    "solved_at": ("solved_at", "resolved_at", "solved"),
    "closed_at": ("closed_at", "closed"),
    "assignee_email": ("assignee_email", "assignee"),
    "team": ("team", "group"),
    "fields": ("fields",),
    "messages": ("messages",),
}
KNOWN = {alias: name for name, aliases in ALIASES.items() for alias in aliases}
MESSAGE_COLUMN = re.compile(r"message_(\d{1,3})_(author_email|author_name|by|visibility|body|created_at)")
ID_MAX = 120
SUBJECT_WORDS = 80


@dataclass(frozen=True)
class Rules:
    """What holds for the whole file."""

    zone: tzinfo = UTC
    date_format: str = ""
    source: str = "import"
    default_moment: datetime | None = None
    requester_email: str = ""
    preset: Preset | None = None
    custom_fields: Mapping[str, CustomField] = field(default_factory=dict)


@dataclass(slots=True)
class Draft:
    """One row, understood: what the ticket shall be, people and places still by name."""

    row: Row
    source_key: str
    subject: str = ""
    body: str = ""
    requester_email: str = ""
    requester_name: str = ""
    organisation: str = ""
    channel: str = Channel.IMPORT
    status: str = Status.NEW
    priority: str = Priority.NORMAL
    type: str = TicketType.QUESTION
    category: tuple[str, ...] = ()
    tags: list[str] = field(default_factory=list)
    cc: list[str] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None
    solved_at: datetime | None = None
    closed_at: datetime | None = None
    assignee_email: str = ""
    team: str = ""
    messages: list[SaidMessage] = field(default_factory=list)


class BadRow(Exception):
    """This row cannot be imported; the message is the reason."""


def is_known(column: str, rules: Rules) -> bool:
    """Whether a column will be read."""
    if rules.preset:
        return column in rules.preset.columns
    if column.startswith("fields."):
        return column.removeprefix("fields.") in rules.custom_fields
    return column in KNOWN or MESSAGE_COLUMN.fullmatch(column) is not None


def content_key(row: Row) -> str:
    """A hash of what the row says, whatever file, format and order of columns it stands in."""
    content = json.dumps(row.values, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=str)
    return hashlib.sha256(content.encode()).hexdigest()


def given_id(row: Row, rules: Rules) -> str:
    """The row's own id, empty when it has none. Raises BadRow for one that cannot be kept."""
    if rules.preset:
        return ""
    found = next((row.values[alias] for alias in ALIASES["external_id"] if row.values.get(alias)), "")
    try:
        identifier = one_line(cells.text(found))
    except BadValue as error:
        raise BadRow(f"id: {error}") from None
    if len(identifier) > ID_MAX:
        raise BadRow(f"id: at most {ID_MAX} characters.")
    return identifier


def draft_of(row: Row, source_key: str, rules: Rules) -> Draft:
    """Understand a row. Raises BadRow with everything that is wrong with it."""
    reader = _Reader(row, rules)
    draft = Draft(row, source_key)
    _read_people(draft, reader)
    _read_words(draft, reader)
    _read_moments(draft, reader)
    draft.messages = reader.get("messages", lambda _: messages_of(reader.raw, draft.created_at, rules), []) or []
    _read_content(draft, reader)
    _agree(draft, reader)
    if reader.problems:
        raise BadRow(" ".join(reader.problems))
    return draft


class _Reader:
    """Cells by our names; mistakes are collected."""

    def __init__(self, row: Row, rules: Rules) -> None:
        self.rules = rules
        self.raw: dict[str, Any] = (
            rules.preset.translate({name: str(value) for name, value in row.values.items()})
            if rules.preset
            else _flat(row.values)
        )
        self.problems: list[str] = []

    def value(self, name: str) -> Any:
        return next((self.raw[alias] for alias in ALIASES[name] if self.raw.get(alias) not in (None, "", [], {})), None)

    def get(self, name: str, clean: Callable[[Any], T], default: T) -> T:
        """The cleaned cell, ``default`` when it is empty or wrong."""
        value = self.value(name)
        if value is None and name != "messages":
            return default
        return self.check(name, clean, value, default)

    def check(self, name: str, clean: Callable[[Any], T], value: Any, default: T) -> T:
        try:
            return clean(value)
        except BadValue as error:
            self.problems.append(f"{name}: {error}")
            return default


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    """JSON's nested requester and assignee become columns."""
    flat = dict(values)
    for person in ("requester", "assignee"):
        nested = flat.get(person)
        if isinstance(nested, dict):
            del flat[person]
            flat |= {f"{person}_{key}": value for key, value in nested.items() if key in ("email", "name")}
    return flat


def _read_people(draft: Draft, reader: _Reader) -> None:
    draft.requester_email = reader.get("requester_email", cells.address, "") or reader.rules.requester_email
    draft.requester_name = reader.get("requester_name", cells.text, "")
    draft.organisation = reader.get("organisation", cells.text, "")
    draft.assignee_email = reader.get("assignee_email", cells.address, "")
    draft.team = reader.get("team", lambda value: one_line(cells.text(value)), "")
    draft.cc = reader.get("cc", lambda value: [cells.address(item) for item in cells.items(value)], [])
    if len(draft.cc) > validation.CC_MAX:
        reader.problems.append(f"cc: at most {validation.CC_MAX} people.")


def _read_words(draft: Draft, reader: _Reader) -> None:
    draft.channel = reader.get("channel", lambda value: cells.word("channel", value), str(Channel.IMPORT))
    draft.priority = reader.get("priority", lambda value: cells.word("priority", value), str(Priority.NORMAL))
    draft.type = reader.get("type", _type, str(TicketType.QUESTION))
    draft.status = reader.get("status", lambda value: cells.word("status", value), "")
    draft.tags = reader.get("tags", lambda value: cells.checked(validation.tags, cells.items(value)), [])
    draft.category = reader.get("category", _path, ())


def _type(value: Any) -> str:
    return cells.word("type", value)


def _path(value: Any) -> tuple[str, ...]:
    """'A / B' or 'A > B', or a list, as names from the top down."""
    parts = (
        [cells.text(part) for part in value] if isinstance(value, list) else re.split(r"\s[/>]\s", cells.text(value))
    )
    names = tuple(filter(None, (one_line(part) for part in parts)))
    if len(names) > 6 or any(len(name) > 120 for name in names):
        raise BadValue("at most 6 levels of 120 characters each.")
    return names


def _read_moments(draft: Draft, reader: _Reader) -> None:
    rules = reader.rules
    for name in ("created_at", "solved_at", "closed_at"):
        setattr(draft, name, reader.get(name, lambda value: cells.moment(value, rules.zone, rules.date_format), None))
    draft.created_at = draft.created_at or rules.default_moment


def _read_content(draft: Draft, reader: _Reader) -> None:
    subject = one_line(reader.get("subject", cells.text, ""))
    body = storable(reader.get("body", cells.text, "")).strip()
    if not subject and not body:
        reader.problems.append("There is neither a subject nor a text.")
        return
    draft.subject = subject or first_words(body)
    draft.body = body or subject
    if len(draft.subject) > validation.SUBJECT_MAX:  # nothing is lost: the whole line opens the text
        draft.body = draft.subject if draft.body == draft.subject else f"{draft.subject}\n\n{draft.body}"
        draft.subject = first_words(draft.subject, validation.SUBJECT_MAX - 1)
    draft.body = reader.check("body", lambda value: cells.checked(validation.body, value), draft.body, "")
    draft.fields = _custom_fields(reader)


def first_words(body: str, limit: int = SUBJECT_WORDS) -> str:
    """The beginning of a text as a subject, cut between words."""
    line = one_line(body[: limit * 4])
    if len(line) <= limit:
        return line
    cut = line[: limit + 1].rpartition(" ")[0] or line[:limit]
    return f"{cut.rstrip(' ,;:.-')}…"


def _custom_fields(reader: _Reader) -> dict[str, Any]:
    nested: dict[str, Any] = reader.get("fields", lambda value: cells.json_value(value, dict), {})
    given = {column_name(key): value for key, value in nested.items()}
    given |= {name.removeprefix("fields."): value for name, value in reader.raw.items() if name.startswith("fields.")}
    cleaned = {}
    for key, value in given.items():
        custom = reader.rules.custom_fields.get(key)
        if custom is None:
            continue
        try:
            if custom.kind == "multi_choice":
                value = cells.items(value)
            found = clean_value(custom, value)
        except ValueError as error:
            reader.problems.append(f"fields.{key}: {error}")
            continue
        if found is not None:
            cleaned[key] = found
    return cleaned


def _agree(draft: Draft, reader: _Reader) -> None:
    """Status and moments have to fit each other; what was left out follows from the rest."""
    created = draft.created_at
    for name, at in (("solved_at", draft.solved_at), ("closed_at", draft.closed_at)):
        if at and created and at < created:
            reader.problems.append(f"{name}: it lies before created_at.")
    if draft.status == cells.ESCALATED:  # an escalation runs here or it does not: history cannot say
        draft.status = Status.OPEN
        draft.tags = list(dict.fromkeys([*draft.tags, cells.ESCALATED]))
    if not draft.status:
        answered = any(message.by == "agent" and message.is_public for message in draft.messages)
        draft.status = Status.CLOSED if draft.closed_at else Status.SOLVED if draft.solved_at else ""
        draft.status = draft.status or (Status.OPEN if answered else Status.NEW)
    if draft.status in (Status.SOLVED, Status.CLOSED):
        last = max([at for at in [created, *(m.created_at for m in draft.messages)] if at], default=None)
        draft.solved_at = draft.solved_at or draft.closed_at or last
    if draft.status == Status.CLOSED:
        draft.closed_at = draft.closed_at or draft.solved_at
