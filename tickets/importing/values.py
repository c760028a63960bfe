"""Single cells: words for status, priority and so on, moments, lists."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any

from django.utils import timezone

from core.errors import DomainError, Invalid
from core.text import one_line
from people.actions.customers import clean_email
from tickets.models import Channel, Priority, Status, TicketType, Visibility

ESCALATED = "escalated"
_STATUS = {
    "waiting": Status.PENDING, "waiting_for_customer": Status.PENDING, "waiting_on_customer": Status.PENDING,
    "hold": Status.ON_HOLD, "on-hold": Status.ON_HOLD, "in_progress": Status.OPEN, "assigned": Status.OPEN,
    "reopened": Status.OPEN, "resolved": Status.SOLVED, "done": Status.SOLVED, "archived": Status.CLOSED,
}  # fmt: skip
_PRIORITY = {
    "urgent": Priority.CRITICAL, "p1": Priority.CRITICAL, "1": Priority.CRITICAL, "p2": Priority.HIGH,
    "2": Priority.HIGH, "medium": Priority.NORMAL, "p3": Priority.NORMAL, "3": Priority.NORMAL, "p4": Priority.LOW,
    "4": Priority.LOW, "minor": Priority.LOW, "major": Priority.HIGH, "blocker": Priority.CRITICAL,
}  # fmt: skip
_TYPE = {
    "bug": TicketType.INCIDENT, "fault": TicketType.INCIDENT, "request": TicketType.TASK,
    "service_request": TicketType.TASK, "change": TicketType.TASK,
}  # fmt: skip
_CHANNEL = {
    "mail": Channel.EMAIL, "e-mail": Channel.EMAIL, "form": Channel.PORTAL, "call": Channel.PHONE,
    "telephone": Channel.PHONE, "twitter": Channel.SOCIAL, "facebook": Channel.SOCIAL, "live_chat": Channel.CHAT,
}  # fmt: skip
_VISIBILITY = {
    "private": Visibility.INTERNAL,
    "note": Visibility.INTERNAL,
    "false": Visibility.INTERNAL,
    "true": Visibility.PUBLIC,
}
_WORDS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "status": (_STATUS, [*Status.values]),
    "priority": (_PRIORITY, [*Priority.values]),
    "type": (_TYPE, [*TicketType.values]),
    "channel": (_CHANNEL, [*Channel.values]),
    "visibility": (_VISIBILITY, [Visibility.PUBLIC, Visibility.INTERNAL]),
    "by": ({"requester": "customer", "user": "customer", "staff": "agent"}, ["customer", "agent"]),
}
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)


class BadValue(ValueError):
    """A cell that cannot be used; the message is for people."""


def text(value: Any) -> str:
    """Any scalar as text. Raises BadValue for lists and objects."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise BadValue(f"text expected, not {'a list' if isinstance(value, list) else 'an object'}.")


def word(kind: str, value: Any) -> str:
    """The value of a status, priority, type, channel, visibility or 'by', by its own name or a usual other one."""
    others, allowed = _WORDS[kind]
    given = one_line(text(value)).lower()
    for candidate in (given, given.replace(" ", "_"), given.replace("-", "_").replace(" ", "_")):
        if candidate in allowed:
            return candidate
        if candidate in others:
            return str(others[candidate])
    raise BadValue(f"“{given[:60]}” is not one of: {', '.join(allowed)}.")


def moment(value: Any, zone: tzinfo, date_format: str = "") -> datetime:
    """An aware moment: ISO 8601, a mail date, or as ``date_format`` says; without a zone it is one of ``zone``."""
    given = one_line(text(value))
    found = _parsed(given, date_format)
    try:
        aware = found if found.tzinfo else found.replace(tzinfo=zone)
        aware = aware.astimezone(UTC)
    except (OverflowError, ValueError):
        raise BadValue(f"“{given[:60]}” is outside of the calendar.") from None
    if aware < EARLIEST:
        raise BadValue(f"“{given[:60]}” is before 1970.")
    if aware > timezone.now() + timedelta(days=1):
        raise BadValue(f"“{given[:60]}” is in the future.")
    return aware


def _parsed(given: str, date_format: str) -> datetime:
    if date_format:
        try:
            return datetime.strptime(given, date_format)  # noqa: DTZ007 (moment() adds the zone)
        except ValueError:
            raise BadValue(f"“{given[:60]}” does not look like {date_format}.") from None
    try:
        return datetime.fromisoformat(given)
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(given)
    except (ValueError, TypeError, IndexError, OverflowError):
        raise BadValue(
            f"“{given[:60]}” is not a moment like 2025-03-31T14:05:00+02:00 (or give --date-format)."
        ) from None


def items(value: Any) -> list[str]:
    """A list: a real one, a JSON one in text, or words separated by comma, semicolon or |."""
    if isinstance(value, list):
        return [text(item) for item in value]
    given = text(value)
    if given.lstrip().startswith("["):
        return [text(item) for item in json_value(given, list)]
    for separator in ";|":
        given = given.replace(separator, ",")
    return [part.strip() for part in given.split(",") if part.strip()]


def json_value(value: Any, kind: type[Any]) -> Any:
    """A list or object, also as JSON in text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise BadValue(f"not JSON: {str(error)[:100]}.") from None
    if not isinstance(value, kind):
        raise BadValue(f"a JSON {'list' if kind is list else 'object'} is expected.")
    return value


def address(value: Any) -> str:
    """A mail address in small letters."""
    try:
        return clean_email(text(value))
    except DomainError as error:
        raise BadValue(str(error)) from None


def checked(function: Any, *args: Any) -> Any:
    """Call one of the ticket's own checks; its message becomes ours."""
    try:
        return function(*args)
    except Invalid as error:
        told = " ".join(message for messages in error.fields.values() for message in messages)
        raise BadValue(told or str(error)) from None
