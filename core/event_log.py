"""Recording what happened. An action calls `record` (or `record_many`) in its own transaction.

The payload holds raw values: ids, codes, numbers, moments; never translated labels, never message bodies.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from core import context, registries
from core.deliveries import deliver
from core.models import Event
from core.payloads import clean

_NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_.]*")


@dataclass(frozen=True)
class EventKind:
    """What can happen: `subject` is the kind of thing it happens to, `payload` the keys it may carry.

    customer_visible: the portal may show it in the ticket's history.
    """

    name: str
    subject: str
    label: str
    payload: tuple[str, ...] = ()
    customer_visible: bool = False

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class NewEvent:
    """One event to be recorded. occurred_at: an aware moment, now when left out."""

    kind: EventKind | str
    subject_id: int
    actor_id: int | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    occurred_at: datetime | None = None


def event_kind(
    name: str, *, subject: str, label: str, payload: Iterable[str] = (), customer_visible: bool = False
) -> EventKind:
    """Declare and register an event kind, named '<app>.<what happened>'. Raises DuplicateKey or ValueError."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"event kind {name!r}: write it as 'app.what_happened', in lower case")
    kind = EventKind(name, subject, label, tuple(payload), customer_visible)
    return registries.event_kinds.register(name, kind)


def record(
    kind: EventKind | str,
    subject_id: int,
    *,
    actor_id: int | None = None,
    payload: Mapping[str, Any] | None = None,
    occurred_at: datetime | None = None,
    channel: str | None = None,
    backfill: bool = False,
) -> Event:
    """Record one event; see `record_many`."""
    new = NewEvent(kind, subject_id, actor_id, payload or {}, occurred_at)
    return record_many([new], channel=channel, backfill=backfill)[0]


def record_many(events: Sequence[NewEvent], *, channel: str | None = None, backfill: bool = False) -> list[Event]:
    """Record events in one insert, and what is to be done about them in another; return them in order.

    Inline consumers have run when this returns. Deferred ones are handled after the commit.
    channel: the bound one when left out. backfill: imported history; only consumers that asked for it see it.
    Raises RuntimeError outside of a transaction, ValueError or TypeError for a payload that may not be recorded,
    UnknownKey for a kind that does not exist.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("an event is recorded in the transaction of its change: use transaction.atomic()")
    if not events:
        return []
    now = timezone.now()
    correlation_id = context.correlation_id()
    channel = _known_channel(channel or context.channel())
    backfill = backfill or context.is_history()
    rows = [_row(new, now, channel, correlation_id, backfill) for new in events]
    Event.objects.bulk_create(rows)
    deliver(rows)
    return rows


def _row(new: NewEvent, now: datetime, channel: str, correlation_id: str, backfill: bool) -> Event:
    kind = new.kind if isinstance(new.kind, EventKind) else registries.event_kinds.get(new.kind)
    if new.occurred_at is not None and timezone.is_naive(new.occurred_at):
        raise ValueError(f"{kind}: occurred_at needs a time zone")
    return Event(
        kind=kind.name,
        subject_kind=kind.subject,
        subject_id=new.subject_id,
        actor_id=new.actor_id,
        channel=channel,
        correlation_id=correlation_id,
        payload=_payload(kind, new.payload),
        occurred_at=new.occurred_at or now,
        recorded_at=now,
        backfill=backfill,
    )


def _payload(kind: EventKind, payload: Mapping[str, Any]) -> dict[str, Any]:
    undeclared = sorted(set(payload) - set(kind.payload))
    if undeclared:
        raise ValueError(f"{kind}: payload keys not declared: {', '.join(map(str, undeclared))}")
    return {key: clean(value, f"{kind}.{key}") for key, value in payload.items()}


def _known_channel(channel: str) -> str:
    if channel not in context.CHANNELS:
        raise ValueError(f"unknown channel {channel!r}; known: {', '.join(context.CHANNELS)}")
    return channel
