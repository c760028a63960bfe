"""Who has a mail in hand, and what became of it. Every step is a committed transaction of its own.

    queued → sending (claim: a lease, one more attempt)
           → handed over (still ours? committed just before the server gets the text)
           → sent | failed | queued again after a pause | in doubt

A lease that runs out before the hand-over leaves no doubt: the mail waits again. After it, nobody knows whether the
server took the mail: an agent's reply goes out again under the same Message-ID, by which the reader's program knows
the twin; automatic mail stays 'unsure' and visible. All moments of leases and pauses are the database's.
"""

import logging
import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from core import context
from core.event_log import EventKind, record
from core.text import storable
from messaging import events
from messaging.actions import event_payload
from messaging.models import OutgoingMail

logger = logging.getLogger("messaging.outbox")

# Longer than any conversation with a server whose every answer takes just less than the time-out.
LEASE = timedelta(minutes=3)
FIRST_PAUSE_SECONDS = 30
LONGEST_PAUSE_SECONDS = 4 * 3600
MAX_ATTEMPTS = 25  # almost three days
MAX_DOUBTS = 5

Status = OutgoingMail.Status


@dataclass(frozen=True)
class Lease:
    """A claimed mail: ours while the row carries the token."""

    mail_id: int
    token: uuid.UUID


_CLAIM = """
UPDATE messaging_outgoingmail
SET status = 'sending', attempts = attempts + 1, handed_over_at = NULL, lease_token = %(token)s::uuid,
    leased_until = statement_timestamp() + make_interval(secs => %(seconds)s)
WHERE id = (
    SELECT id FROM messaging_outgoingmail
    WHERE status = 'queued' AND next_attempt_at <= statement_timestamp()
    ORDER BY next_attempt_at, id
    LIMIT 1
    FOR UPDATE SKIP LOCKED)
RETURNING id
"""


def claim() -> Lease | None:
    """Lease the mail that is due longest; None when none is due. One at a time: a lost sender costs one mail."""
    token = uuid.uuid4()
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"token": str(token), "seconds": LEASE.total_seconds()})
        row = cursor.fetchone()
    return Lease(row[0], token) if row else None


def hand_over(lease: Lease) -> bool:
    """Commit that the server is about to get the text, and renew the lease. False: no longer ours, do not send."""
    mine = OutgoingMail.objects.filter(
        pk=lease.mail_id,
        lease_token=lease.token,
        status=Status.SENDING,
        leased_until__gt=Now(),
    )
    return mine.update(handed_over_at=Now(), leased_until=Now() + LEASE) == 1


def mark_sent(lease: Lease, note: str = "") -> bool:
    """The server took it. Also ends the doubt of a lease that ran out meanwhile. note: refused CC addresses."""
    with transaction.atomic():
        mail = _mine(lease, Status.SENDING, Status.UNSURE, Status.QUEUED)
        if mail is None:
            return False
        _end(mail, Status.SENT, error=note, sent_at=timezone.now())
        _record(events.MAIL_SENT, mail, attempts=mail.attempts)
    return True


def mark_failed(lease: Lease, error: Exception) -> bool:
    """It will never be taken."""
    with transaction.atomic():
        mail = _mine(lease, Status.SENDING)
        if mail is None:
            return False
        _fail(mail, str(error))
    return True


def put_off(lease: Lease, error: Exception) -> bool:
    """Try again after a pause that grows; after MAX_ATTEMPTS it has failed."""
    with transaction.atomic():
        mail = _mine(lease, Status.SENDING)
        if mail is None:
            return False
        _wait(mail, str(error))
    return True


def mark_doubtful(lease: Lease, error: Exception) -> bool:
    """The server got the text and did not say whether it took it."""
    with transaction.atomic():
        mail = _mine(lease, Status.SENDING)
        if mail is None:
            return False
        _doubt(mail, str(error))
    return True


def take_back_lost() -> tuple[int, int]:
    """Deal with the mails of senders that were lost; return how many wait again and how many are in doubt."""
    again = doubtful = 0
    with transaction.atomic():
        for mail in OutgoingMail.objects.lapsed().select_for_update(skip_locked=True)[:100]:
            if mail.handed_over_at is None:
                _wait(mail, "The sender was lost before the server got the mail.")
                again += 1
            else:
                _doubt(mail, "The sender was lost while the server got the mail.")
                doubtful += 1
    return again, doubtful


def pause(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 30 s, doubled each time, at most 4 h."""
    seconds = FIRST_PAUSE_SECONDS * 2 ** min(max(attempts, 1) - 1, 20)
    return timedelta(seconds=min(seconds, LONGEST_PAUSE_SECONDS))


def _mine(lease: Lease, *statuses: str) -> OutgoingMail | None:
    found = OutgoingMail.objects.select_for_update().filter(pk=lease.mail_id, lease_token=lease.token)
    mail = found.filter(status__in=statuses).first()
    if mail is None:
        logger.warning("Mail %s was taken back from its sender", lease.mail_id)
    return mail


def _wait(mail: OutgoingMail, error: str) -> None:
    if mail.attempts >= MAX_ATTEMPTS:
        _fail(mail, error)
        return
    _end(
        mail,
        Status.QUEUED,
        error=error,
        next_attempt_at=Now() + pause(mail.attempts),
        handed_over_at=None,
    )


def _fail(mail: OutgoingMail, error: str) -> None:
    _end(mail, Status.FAILED, error=error)
    _record(events.MAIL_FAILED, mail, attempts=mail.attempts, error=storable(error)[:500])
    logger.warning("Mail %s to %s failed: %s", mail.pk, mail.to_address, error)


def _doubt(mail: OutgoingMail, error: str) -> None:
    doubts = mail.doubts + 1
    again = not mail.automatic and doubts < MAX_DOUBTS and mail.attempts < MAX_ATTEMPTS
    if again:
        _end(mail, Status.QUEUED, error=f"In doubt, sent again: {error}", doubts=doubts,
             next_attempt_at=Now() + pause(mail.attempts))  # fmt: skip
    else:
        _end(mail, Status.UNSURE, error=error, doubts=doubts)
    _record(
        events.MAIL_UNSURE,
        mail,
        attempts=mail.attempts,
        error=storable(error)[:500],
        sent_again=again,
    )
    logger.warning(
        "Mail %s to %s is in doubt%s: %s",
        mail.pk,
        mail.to_address,
        ", sent again" * again,
        error,
    )


def _end(mail: OutgoingMail, status: str, *, error: str, **more: object) -> None:
    """Write the outcome. The token stays: a sender that was only slow may still report what it knows."""
    changes = {
        "status": status,
        "leased_until": None,
        "last_error": storable(error)[:2000],
        **more,
    }
    OutgoingMail.objects.filter(pk=mail.pk).update(**changes)


def _record(kind: EventKind, mail: OutgoingMail, **more: object) -> None:
    with context.bind(correlation_id=mail.correlation_id or None, channel="system"):
        record(kind, mail.pk, payload=event_payload(mail, **more))
