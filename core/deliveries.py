"""From an event to its consumers: inline ones run now, deferred ones get a row for the dispatcher."""

import logging
from collections.abc import Iterable, Sequence
from contextvars import ContextVar

from django.db import connection, transaction
from django.db.models import Q

from core.bell import wake
from core.consumers import Consumer, subscribed
from core.models import Delivery, Event
from core.text import storable

logger = logging.getLogger(__name__)

# An inline consumer may record events that have inline consumers. Beyond this depth they are deferred,
# so that two consumers which set each other off do not end in a RecursionError.
MAX_DEPTH = 8
_depth: ContextVar[int] = ContextVar("inline_depth", default=0)

Pair = tuple[Event, Consumer]


def deliver(events: Sequence[Event]) -> None:
    """Insert the deferred deliveries of freshly recorded events at once, then run their inline consumers.

    An inline consumer that fails leaves no trace but a visible, waiting delivery; the event stays.
    """
    pairs = [(event, c) for event in events for c in subscribed(event.kind, backfill=event.backfill)]
    later = [_delivery(event, c) for event, c in pairs if not c.inline]
    if later:
        Delivery.objects.bulk_create(later)
    inline = [(event, c) for event, c in pairs if c.inline]
    failed = _run_inline(inline) if inline else []
    if failed:
        Delivery.objects.bulk_create(failed)
    if later or failed:
        wake()


def describe_error(error: BaseException) -> str:
    """Type and message of an exception, at most 2,000 characters, fit for the database."""
    return storable(f"{type(error).__name__}: {error}")[:2000]


def _delivery(event: Event, consumer: Consumer, last_error: str = "") -> Delivery:
    return Delivery(
        event=event,
        consumer=consumer.name,
        subject_kind=event.subject_kind,
        subject_id=event.subject_id,
        last_error=last_error,
    )


def _run_inline(pairs: Sequence[Pair]) -> list[Delivery]:
    """Run the pairs in order; return deliveries for those that failed or must wait for an earlier one."""
    depth = _depth.get()
    if depth >= MAX_DEPTH:
        return [_delivery(event, c, f"Deferred: {depth} inline consumers set each other off.") for event, c in pairs]
    held_up = _held_up(pairs)
    deferred = []
    token = _depth.set(depth + 1)
    try:
        for event, c in pairs:
            key = (c.name, event.subject_kind, event.subject_id)
            error = "Deferred: an earlier event of the subject is still waiting." if key in held_up else _try(event, c)
            if error:
                held_up.add(key)
                deferred.append(_delivery(event, c, error))
    finally:
        _depth.reset(token)
    return deferred


def _held_up(pairs: Iterable[Pair]) -> set[tuple[str, str, int]]:
    """The (consumer, subject) of these pairs that have unfinished deliveries: order holds for inline ones too."""
    subjects: dict[tuple[str, str], set[int]] = {}
    for event, c in pairs:
        subjects.setdefault((c.name, event.subject_kind), set()).add(event.subject_id)
    wanted = Q()
    for (name, kind), ids in subjects.items():
        wanted |= Q(consumer=name, subject_kind=kind, subject_id__in=ids)
    rows = Delivery.objects.unfinished().filter(wanted)
    return set(rows.values_list("consumer", "subject_kind", "subject_id"))


def _try(event: Event, consumer: Consumer) -> str:
    """Run one inline consumer in a savepoint; return its error, empty when all went well.

    Raises when the database connection is gone: then nothing of the transaction will be kept anyway.
    """
    try:
        with transaction.atomic():
            consumer.run(event)
    except Exception as error:
        if connection.needs_rollback or not connection.is_usable():
            raise
        logger.exception("Inline consumer %s failed on event %s; deferred", consumer.name, event.pk)
        return describe_error(error)
    return ""
