"""Kinds of notices. Later apps register theirs in `core.registries.notice_kinds`."""

from dataclasses import dataclass

from core import registries


@dataclass(frozen=True)
class NoticeKind:
    """One kind of notice. icon: a Tabler icon's name."""

    key: str
    label: str
    icon: str = "bell"


def notice_kind(key: str, label: str, icon: str = "bell") -> NoticeKind:
    """Declare and register a kind of notice. Raises DuplicateKey."""
    kind = NoticeKind(key, label, icon)
    registries.notice_kinds.register(key, kind)
    return kind


ASSIGNED = notice_kind("ticket.assigned", "A ticket was assigned to you", "user-check")
REPLIED = notice_kind("ticket.replied", "A customer replied", "message-2")
MENTIONED = notice_kind("ticket.mentioned", "You were mentioned", "at")
