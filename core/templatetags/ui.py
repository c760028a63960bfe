"""Template built-ins of all faces: icons, moments, small words."""

import re
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import ngettext

register = template.Library()

ICONS = Path(settings.BASE_DIR) / "node_modules" / "@tabler" / "icons" / "icons"
_NAME = re.compile(r"^[a-z0-9-]+\Z")


@lru_cache(maxsize=512)
def _svg(name: str, style: str) -> str:
    if not _NAME.match(name):
        return ""
    try:
        source = (ICONS / style / f"{name}.svg").read_text()
    except OSError:
        return ""
    source = re.sub(r"<!--.*?-->", "", source, flags=re.DOTALL)
    source = re.sub(r'\s(class|width|height|xmlns)="[^"]*"', "", source)
    return " ".join(source.split()).replace("<svg", '<svg class="icon" aria-hidden="true" focusable="false"', 1)


@register.simple_tag
def icon(name: str, style: str = "outline") -> SafeString:
    """Tabler's icon as inline SVG, decorative: say what a button does in words or aria-label."""
    return mark_safe(_svg(str(name), style))  # noqa: S308  a file of ours, not input


@register.filter
def ago(moment: datetime | None) -> SafeString | str:
    """A <time>: relative in words, the exact moment in the reader's zone on hover."""
    if moment is None:
        return ""
    exact = date_format(timezone.localtime(moment), "D j M Y, H:i")
    return format_html(
        '<time datetime="{}" title="{} {}" data-relative>{}</time>',
        moment.isoformat(),
        exact,
        timezone.get_current_timezone_name(),
        relative(moment),
    )


def relative(moment: datetime, now: datetime | None = None) -> str:
    """'just now', '5 min ago', '2 h ago', 'yesterday', '3 d ago', then the date; 'in …' for the future."""
    seconds = int(((now or timezone.now()) - moment).total_seconds())
    size = abs(seconds)
    if size < 45:
        return "just now" if seconds >= 0 else "in a moment"
    if size < 3600:
        words = f"{max(1, round(size / 60))} min"
    elif size < 86_400:
        words = f"{round(size / 3600)} h"
    elif size < 7 * 86_400:
        words = f"{round(size / 86_400)} d"
    else:
        local = timezone.localtime(moment)
        return date_format(local, "j M" if local.year == timezone.localtime(now).year else "j M Y")
    return f"{words} ago" if seconds >= 0 else f"in {words}"


@register.filter
def counted(number: int, noun: str) -> str:
    """'1 ticket', '2 tickets': ``{{ n|counted:"ticket" }}``."""
    return f"{number:,} {ngettext(noun, noun + 's', number)}"


@register.filter
def filesize_short(size: int) -> str:
    """'214 kB', '3.1 MB'."""
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


@register.filter
def lookup(mapping: object, key: object) -> object:
    """``mapping[key]`` or None."""
    return mapping.get(key) if hasattr(mapping, "get") else None
