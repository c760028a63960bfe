"""Verbs of notices."""

from collections.abc import Iterable

from django.utils import timezone

from core import registries
from core.models import Event
from notifications.models import Notice
from people.models import User


def notify(
    users: Iterable[User | int],
    kind: str,
    text: str,
    url: str = "",
    event: Event | None = None,
) -> int:
    """Give each of the users (or ids) a notice in one insert; return for how many it was tried.

    With an event a user gets at most one notice of a kind for it, however often this runs, and the one who caused the
    event gets none. text: one plain line, cut at 300 characters. url: a path in this site.
    Raises UnknownKey for a kind that is not registered.
    """
    registries.notice_kinds.get(kind)
    ids = {user.pk if isinstance(user, User) else user for user in users}
    if event is not None and event.actor_id is not None:
        ids.discard(event.actor_id)
    rows = [_notice(user_id, kind, text, url, event) for user_id in sorted(ids)]
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def mark_read(user: User, ids: Iterable[int] | None = None) -> int:
    """Mark these notices of the user as read, or all when `ids` is None; return how many changed."""
    mine = Notice.objects.filter(user=user).unread()
    if ids is not None:
        mine = mine.filter(pk__in=list(ids))
    return mine.update(read_at=timezone.now())


def _notice(user_id: int, kind: str, text: str, url: str, event: Event | None) -> Notice:
    line = " ".join(text.split())
    return Notice(
        user_id=user_id,
        kind=kind,
        text=line if len(line) <= 300 else line[:299] + "…",
        url=url[:500],
        subject_kind=event.subject_kind if event else "",
        subject_id=event.subject_id if event else None,
        event_id=event.pk if event else None,
    )
