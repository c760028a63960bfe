"""Reads of notices."""

from notifications.models import Notice
from people.models import User
from tickets.models import Ticket

MOST_COUNTED = 100


def unread(user: User) -> int:
    """How many notices the user has not read; counting stops at 100."""
    return Notice.objects.filter(user=user).unread().order_by()[:MOST_COUNTED].count()


def unread_label(count: int) -> str:
    """The number on the bell: empty, '1' to '99', or '99+'."""
    return "" if not count else str(count) if count < MOST_COUNTED else "99+"


def latest(user: User, limit: int = 20) -> list[Notice]:
    """The user's newest notices, read ones included, newest first; none about a ticket that the user no longer sees."""
    notices = list(Notice.objects.filter(user=user).newest_first()[:limit])
    about = {notice.subject_id for notice in notices if notice.subject_kind == "ticket"}
    seen = set(Ticket.objects.visible_to(user).filter(pk__in=about).values_list("pk", flat=True)) if about else set()
    return [notice for notice in notices if notice.subject_kind != "ticket" or notice.subject_id in seen]
