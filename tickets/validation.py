"""What is accepted as subject, body, tag and so on; errors are named after the field."""

from collections.abc import Iterable

from django.conf import settings

from core.errors import Invalid
from core.text import one_line, storable

SUBJECT_MAX = 250
TAG_MAX = 60
TAGS_MAX = 50
CC_MAX = 20


def subject(value: str) -> str:
    """One line of 1 to 250 characters."""
    cleaned = one_line(value)
    if not cleaned:
        raise Invalid(
            "A subject is needed.",
            fields={"subject": ["Say in a few words what it is about."]},
        )
    if len(cleaned) > SUBJECT_MAX:
        told = f"At most {SUBJECT_MAX} characters; this has {len(cleaned):,}."
        raise Invalid("The subject is too long.", fields={"subject": [told]})
    return cleaned


def body(value: str) -> str:
    """Text that is not blank, up to ``MESSAGE_MAX_CHARS``."""
    cleaned = storable(value).strip("\n")
    if not cleaned.strip():
        raise Invalid("The message is empty.", fields={"body": ["Write something first."]})
    if len(cleaned) > settings.MESSAGE_MAX_CHARS:
        told = f"At most {settings.MESSAGE_MAX_CHARS:,} characters; this has {len(cleaned):,}. Attach it as a file."
        raise Invalid("The message is too long.", fields={"body": [told]})
    return cleaned


def tags(values: Iterable[str]) -> list[str]:
    """Tag names in lower case, without doubles, in the order given."""
    cleaned = list(dict.fromkeys(filter(None, (one_line(value).lower() for value in values))))
    if any(len(name) > TAG_MAX for name in cleaned):
        raise Invalid(
            "A tag is too long.",
            fields={"tags": [f"At most {TAG_MAX} characters a tag."]},
        )
    if any("," in name for name in cleaned):
        raise Invalid("A tag has a comma.", fields={"tags": ["A tag cannot contain a comma."]})
    if len(cleaned) > TAGS_MAX:
        raise Invalid("Too many tags.", fields={"tags": [f"At most {TAGS_MAX} tags."]})
    return cleaned


def choice(field: str, value: str, allowed: Iterable[str]) -> str:
    """``value`` if it is one of ``allowed``."""
    known = list(allowed)
    if value not in known:
        raise Invalid(
            f"Unknown {field}.",
            fields={field: [f"“{value[:80]}” is not one of: {', '.join(known)}."]},
        )
    return value


def text(field: str, value: str, limit: int) -> str:
    """Free text, possibly empty, up to ``limit`` characters."""
    cleaned = storable(value).strip()
    if len(cleaned) > limit:
        raise Invalid(
            f"{field.replace('_', ' ').capitalize()} is too long.",
            fields={field: [f"At most {limit:,} characters."]},
        )
    return cleaned
