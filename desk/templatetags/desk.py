"""How the desk writes things."""

import re
from datetime import datetime
from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, format_html, strip_tags
from django.utils.safestring import SafeString, mark_safe

from tickets.models import Channel
from tickets.rich_text import clean_html

register = template.Library()

SHOWN_AT_ONCE = 20_000
_LINK = re.compile(r"(https?://[^\s<>\"'`]{1,2000})|(?<![\w&/#])#(\d{1,18})\b|(?<![\w@.])@([\w.+-]{2,64})")
_STATUS = {"new": "accent", "open": "accent", "escalated": "late", "pending": "warn", "on_hold": "", "solved": "ok"}
_PRIORITY = {"critical": "late", "high": "late"}


@register.filter
def speech(text: str) -> SafeString:
    """Plain text as HTML: everything escaped; web addresses, ticket numbers and mentions become links.

    What is very long is folded away."""
    shown, rest = text[:SHOWN_AT_ONCE], text[SHOWN_AT_ONCE:]
    parts, at = [], 0
    for found in _LINK.finditer(shown):
        parts += [escape(shown[at : found.start()]), _linked(found)]
        at = found.end()
    parts.append(escape(shown[at:]))
    if rest:
        parts.append(format_html("<details><summary>{} more characters</summary>{}</details>", f"{len(rest):,}", rest))
    return mark_safe("".join(parts))  # noqa: S308 (every part is escaped above)


@register.filter
def rich(html: str) -> SafeString:
    """A message's HTML, through the sieve once more; what is very long is not shown as HTML."""
    return clean_html(html) if len(html) <= SHOWN_AT_ONCE * 10 else speech(strip_tags(html))


def _linked(found: re.Match[str]) -> SafeString:
    address, number, handle = found.groups()
    if number:
        return format_html('<a href="{}">#{}</a>', reverse("desk:ticket", args=[int(number)]), number)
    if handle:
        return format_html('<span class="at-name">@{}</span>', handle)
    clean = address.rstrip(".,;:!?)]}")
    return format_html(
        '<a href="{}" rel="noopener noreferrer nofollow" target="_blank">{}</a>{}', clean, clean, address[len(clean) :]
    )


@register.filter
def status_tone(status: str) -> str:
    """The pill's colour of a status."""
    return _STATUS.get(status, "")


@register.filter
def priority_tone(priority: str) -> str:
    """The pill's colour of a priority: only what burns is coloured."""
    return _PRIORITY.get(priority, "")


@register.filter
def channel_name(channel: str) -> str:
    """The name of an event's channel: 'Desk' for web."""
    return str(dict(Channel.choices).get(channel, channel.capitalize()))


@register.filter
def duration(seconds: int) -> str:
    """'45 s', '12 min', '1 h 05 min'."""
    if seconds < 60:
        return f"{seconds} s"
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"


@register.filter
def how_long(moment: datetime) -> str:
    """The time since ``moment`` in its largest unit: '31 min', '2 h', '3 d'."""
    seconds = max(60, int((timezone.now() - moment).total_seconds()))
    if seconds < 3600:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h" if seconds < 2 * 86_400 else f"{seconds // 86_400} d"


@register.filter
def has(collection: Any, item: Any) -> bool:
    """``item in collection``, as text."""
    return str(item) in {str(one) for one in collection or ()}
