"""The later messages of a row: a JSON list, or columns message_1_body, message_1_created_at and so on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.text import one_line
from tickets import validation
from tickets.importing import values as cells
from tickets.importing.values import BadValue
from tickets.models import Visibility

if TYPE_CHECKING:
    from tickets.importing.mapping import Rules

PARTS = ("author_email", "author_name", "by", "visibility", "body", "created_at")
_COLUMN = re.compile(rf"message_(\d{{1,3}})_({'|'.join(PARTS)})")
MESSAGES_MAX = 5_000


@dataclass(slots=True)
class SaidMessage:
    """One later message, its author still by address. ``by``: customer, agent, or empty when the file does not say."""

    body: str
    created_at: datetime
    author_email: str = ""
    author_name: str = ""
    by: str = ""
    visibility: str = Visibility.PUBLIC

    @property
    def is_public(self) -> bool:
        return self.visibility == Visibility.PUBLIC


def messages_of(values: dict[str, Any], opened_at: datetime | None, rules: Rules) -> list[SaidMessage]:
    """The row's later messages in the order of their moments. Raises BadValue naming the message at fault."""
    given = _listed(values) + _numbered(values)
    if len(given) > MESSAGES_MAX:
        raise BadValue(f"at most {MESSAGES_MAX:,} messages.")
    said: list[SaidMessage] = []
    earliest = opened_at or rules.default_moment
    for number, parts in enumerate(given, start=1):
        try:
            before = said[-1].created_at if said else earliest
            said.append(_message(parts, before, earliest, rules))
        except BadValue as error:
            raise BadValue(f"message {number}: {error}") from None
    return sorted(said, key=lambda message: message.created_at)


def _listed(values: dict[str, Any]) -> list[dict[str, Any]]:
    value = values.get("messages")
    if not value:
        return []
    found = cells.json_value(value, list)
    if not all(isinstance(item, dict) for item in found):
        raise BadValue("a list of JSON objects is expected.")
    return list(found)


def _numbered(values: dict[str, Any]) -> list[dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for name, value in values.items():
        match = _COLUMN.fullmatch(name)
        if match and value not in (None, ""):
            found.setdefault(int(match[1]), {})[match[2]] = value
    return [parts for _, parts in sorted(found.items()) if "body" in parts]


def _message(parts: dict[str, Any], before: datetime | None, earliest: datetime | None, rules: Rules) -> SaidMessage:
    given = parts.get("created_at")
    if given:
        at = cells.moment(given, rules.zone, rules.date_format)
    elif before is not None:
        at = before + timedelta(seconds=1)  # the file keeps the order and nothing else
    else:
        raise BadValue("created_at is missing.")
    return SaidMessage(
        body=cells.checked(validation.body, cells.text(parts.get("body"))),
        created_at=max(at, earliest) if earliest else at,
        author_email=cells.address(parts["author_email"]) if parts.get("author_email") else "",
        author_name=one_line(cells.text(parts.get("author_name"))),
        by=cells.word("by", parts["by"]) if parts.get("by") else "",
        visibility=cells.word("visibility", parts.get("visibility") or Visibility.PUBLIC),
    )
