"""The dispatcher: takes deferred deliveries from the table to their consumers, each exactly once in our database.

Leases
------
A delivery is *claimed* in a transaction of its own: state 'leased', a fresh token, an end (`leased_until`) and one
more attempt, committed before the consumer is called. So an event that kills its worker leaves a trace each time.
Then it is *handled* in a second transaction: the row is locked (FOR UPDATE) if the token is still ours, the consumer
runs, the row is deleted, commit. Effect and end of the delivery are one: killed before the commit there is neither,
killed after it there are both.

One claim is one delivery, on purpose. In a batch of claims the death of a worker would count against deliveries that
it had not started; an innocent one could end as a dead letter beside a poisonous one. The claim commits without
waiting for the disk (synchronous_commit off): if the database itself is lost right then, the delivery is simply
waiting again; the commit of an effect waits as usual.

A lease that has run out means a lost worker, provided that nobody holds the row's lock: a slow consumer does, and is
left alone. The delivery then waits again and counts one *crash*. Crashes end sooner than errors in a dead letter,
as each has cost a worker and a lease: after DELIVERY_MAX_CRASHES of them, or DELIVERY_MAX_ATTEMPTS failed attempts.
Between attempts the pause grows: 5 s, 30 s, 2 min, 10 min, 1 h, 3 h, 6 h, each give or take a fifth.

Order
-----
Per consumer and subject, deliveries are claimed by event id, one at a time: only the first unfinished one, and only
while no other is leased (a unique index holds this even against races). One that backs off holds up the later ones of
its own consumer and subject and nothing else; those become due with it. A dead letter holds up nothing; when it is
retried it runs after what has overtaken it. Nothing asks for 'ids greater than the last seen', as ids commit out of
order.

Clocks: leases and pauses go by the database's clock (statement_timestamp) alone.
"""

import logging
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from core import context, registries
from core.bell import ring, wake
from core.deliveries import describe_error
from core.models import Delivery, Event

__all__ = ["Lease", "Outcome", "Summary", "claim", "handle", "ring", "run_once", "wake"]

logger = logging.getLogger(__name__)

BACKOFF_SECONDS = (5, 30, 120, 600, 3600, 3 * 3600, 6 * 3600)
JITTER = 0.2


class Outcome(Enum):
    """What became of one claimed delivery."""

    DONE = "done"
    FAILED = "failed"  # waits for its next attempt
    DEAD = "dead"  # given up
    LOST = "lost"  # the lease had run out and was taken back


@dataclass(frozen=True)
class Lease:
    """A claimed delivery: ours while the row still carries the token."""

    delivery_id: int
    token: uuid.UUID
    attempts: int


@dataclass
class Summary:
    """What one round did. recovered and buried count leases that had run out; more: work may be left."""

    done: int = 0
    failed: int = 0
    dead: int = 0
    lost: int = 0
    recovered: int = 0
    buried: int = 0
    more: bool = False

    def count(self, outcome: Outcome) -> None:
        """Add one outcome."""
        setattr(self, outcome.value, getattr(self, outcome.value) + 1)

    def __str__(self) -> str:
        return (
            f"{self.done} done, {self.failed} failed and waiting, {self.dead + self.buried} dead, "
            f"{self.recovered} taken back from lost workers" + (", more to do" if self.more else "")
        )


def run_once(limit: int = 200, deadline: float | None = None, stop: Callable[[], bool] = lambda: False) -> Summary:
    """Handle what can be claimed now, at most `limit` deliveries, and say what came of it.

    deadline: seconds after which nothing more is claimed. stop: asked before each claim.
    Needs the database only. Any number of processes may do this at once.
    Raises OperationalError or InterfaceError when the database is away.
    """
    summary = Summary()
    summary.recovered, summary.buried = take_back_lost_leases()
    ends = time.monotonic() + deadline if deadline is not None else None
    for _ in range(limit):
        if stop() or (ends is not None and time.monotonic() >= ends):
            break
        lease = claim()
        if lease is None:
            return summary
        summary.count(handle(lease))
    summary.more = True
    return summary


_CLAIM = """
SET LOCAL synchronous_commit = off;
-- The statistics of a queue are always wrong: walk the index of what is due, whatever they say.
SET LOCAL enable_seqscan = off;
SET LOCAL enable_bitmapscan = off;
SET LOCAL enable_sort = off;
UPDATE core_delivery
SET state = 'leased', attempts = attempts + 1, lease_token = %(token)s::uuid,
    leased_until = statement_timestamp() + make_interval(secs => %(seconds)s)
WHERE id = (
    SELECT d.id
    FROM core_delivery d
    WHERE d.state = 'waiting'
      AND d.next_attempt_at <= statement_timestamp()
      -- the first unfinished one of its consumer and subject
      AND d.event_id = (
          SELECT e.event_id FROM core_delivery e
          WHERE e.consumer = d.consumer AND e.subject_kind = d.subject_kind AND e.subject_id = d.subject_id
            AND e.state <> 'dead'
          ORDER BY e.event_id LIMIT 1)
      -- and none of them in hand: one that was committed late, or a retried dead letter, may come before it
      AND NOT EXISTS (
          SELECT FROM core_delivery l
          WHERE l.consumer = d.consumer AND l.subject_kind = d.subject_kind AND l.subject_id = d.subject_id
            AND l.state = 'leased')
    ORDER BY d.next_attempt_at, d.event_id
    LIMIT 1
    FOR UPDATE SKIP LOCKED)
RETURNING id, attempts
"""


def claim() -> Lease | None:
    """Lease the next delivery in a committed transaction that counts the attempt; None when nothing is due."""
    token = uuid.uuid4()
    for _ in range(5):
        try:
            with transaction.atomic(durable=True), connection.cursor() as cursor:
                cursor.execute(_CLAIM, {"token": str(token), "seconds": lease_seconds()})
                row = cursor.fetchone()
        except IntegrityError:
            continue  # another worker has just leased one of the same consumer and subject
        return Lease(row[0], token, row[1]) if row else None
    return None


def handle(lease: Lease) -> Outcome:
    """Run the consumer of a leased delivery and delete the delivery in one transaction; put it off if that fails."""
    try:
        with transaction.atomic(durable=True):
            delivery = lock(lease)
            if delivery is None:
                return Outcome.LOST
            take_effect(delivery)
            finish(delivery)
    except Exception as error:
        logger.exception("Delivery %s failed, attempt %s", lease.delivery_id, lease.attempts)
        return put_off(lease, error)
    return Outcome.DONE


def lock(lease: Lease) -> Delivery | None:
    """The leased delivery with its event, locked; None when the lease is no longer ours."""
    mine = Delivery.objects.select_related("event").select_for_update(of=("self",))
    return mine.filter(pk=lease.delivery_id, lease_token=lease.token, state=Delivery.State.LEASED).first()


def take_effect(delivery: Delivery) -> None:
    """Call the consumer with the event, under the event's correlation id."""
    event: Event = delivery.event
    with context.bind(correlation_id=event.correlation_id, channel="system"):
        registries.consumers.get(delivery.consumer).run(event)


def finish(delivery: Delivery) -> None:
    """Delete the delivery, in the transaction of its effect."""
    Delivery.objects.filter(pk=delivery.pk).delete()


def put_off(lease: Lease, error: BaseException) -> Outcome:
    """Note the error and let the delivery wait for its next attempt, or make it a dead letter after the last one.

    Raises when the database is away; the lease then runs out by itself.
    """
    connection.close_if_unusable_or_obsolete()
    last = lease.attempts >= max_attempts()
    with transaction.atomic(durable=True):
        changed = Delivery.objects.filter(pk=lease.delivery_id, lease_token=lease.token).update(
            state=Delivery.State.DEAD if last else Delivery.State.WAITING,
            next_attempt_at=Now() + backoff(lease.attempts),
            last_error=describe_error(error),
            lease_token=None,
            leased_until=None,
        )
        if changed and not last:
            hold_back_later_ones(lease)
    if not changed:
        return Outcome.LOST
    if last:
        logger.error("Delivery %s is a dead letter after %s attempts", lease.delivery_id, lease.attempts)
    return Outcome.DEAD if last else Outcome.FAILED


def hold_back_later_ones(lease: Lease) -> None:
    """Make what waits behind a delivery due no earlier than it, so that claims need not look at them in vain."""
    first = Delivery.objects.get(pk=lease.delivery_id)
    behind = Delivery.objects.waiting().filter(
        consumer=first.consumer,
        subject_kind=first.subject_kind,
        subject_id=first.subject_id,
        event_id__gt=first.event_id,
        next_attempt_at__lt=first.next_attempt_at,
    )
    behind.update(next_attempt_at=first.next_attempt_at)


def backoff(attempts: int) -> timedelta:
    """The pause after so many failed attempts, with jitter."""
    step = BACKOFF_SECONDS[min(max(attempts, 1), len(BACKOFF_SECONDS)) - 1]
    return timedelta(seconds=step * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311  spread, not secrecy


_TAKE_BACK = """
UPDATE core_delivery
SET crashes = crashes + 1, lease_token = NULL, leased_until = NULL,
    state = CASE WHEN crashes + 1 >= %(max)s THEN 'dead' ELSE 'waiting' END,
    next_attempt_at = statement_timestamp(),
    last_error = 'The worker was lost while it had this in hand (' || crashes + 1 || ' times so far).'
WHERE id IN (
    SELECT id FROM core_delivery
    WHERE state = 'leased' AND leased_until < statement_timestamp()
    FOR UPDATE SKIP LOCKED)
RETURNING id, state
"""


def take_back_lost_leases() -> tuple[int, int]:
    """Let deliveries whose lease ran out wait again, or bury them after too many; return (waiting, dead) counts.

    A row that is locked is being handled, however slowly, and is left alone.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_BACK, {"max": max_crashes()})
        rows = cursor.fetchall()
    for delivery_id, state in rows:
        logger.error("Delivery %s lost its worker and is now %s", delivery_id, state)
    dead = sum(state == Delivery.State.DEAD for _, state in rows)
    return len(rows) - dead, dead


def lease_seconds() -> float:
    """How long a claimed delivery may stay untouched before its worker counts as lost."""
    return float(getattr(settings, "DELIVERY_LEASE_SECONDS", 60))


def max_attempts() -> int:
    """After so many failed attempts a delivery is a dead letter."""
    return int(getattr(settings, "DELIVERY_MAX_ATTEMPTS", 8))


def max_crashes() -> int:
    """After so many lost workers a delivery is a dead letter."""
    return int(getattr(settings, "DELIVERY_MAX_CRASHES", 4))
