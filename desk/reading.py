"""Reading what a browser sent: ids, tokens and words that are not trusted."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable

from django.http import HttpRequest

from core.errors import Invalid
from core.text import one_line

ID_MAX = 2**63 - 1
_TOKEN = re.compile(r"[A-Za-z0-9-]{8,64}\Z")


def identifier(value: object) -> int:
    """A positive database id, or 0, which no row has, for anything else."""
    text = value.strip() if isinstance(value, str) else ""
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        return 0
    number = int(text)
    return number if number <= ID_MAX else 0


def identifiers(values: Iterable[str]) -> list[int]:
    """The ids among the values, each once, in order."""
    return list(dict.fromkeys(filter(None, map(identifier, values))))


def uuids(values: Iterable[str], field: str = "attachments") -> list[uuid.UUID]:
    """Ids of uploads. Raises Invalid when one is none."""
    found = []
    for value in values:
        try:
            found.append(uuid.UUID(value))
        except ValueError:
            told = "A file is no longer there. Please attach it again."
            raise Invalid(told, fields={field: [told]}) from None
    return list(dict.fromkeys(found))


def token(request: HttpRequest) -> str | None:
    """The form's own random token (a double click sends it twice); None when it is missing or odd."""
    value = request.POST.get("client_token", "")
    return value if _TOKEN.match(value) else None


def fresh_token() -> str:
    """A token for a new form."""
    return uuid.uuid4().hex


def words(value: str | None, limit: int = 200) -> str:
    """One line of text without control characters, cut to ``limit``."""
    return one_line(value or "")[:limit]


def listed(value: str | None) -> list[str]:
    """'a, b ,c' as its parts."""
    return [part for part in (words(part) for part in (value or "").split(",")) if part]
