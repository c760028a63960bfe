"""Sends what is due. Any number of processes may do this at once; none of it happens inside a transaction."""

import logging
import time
from dataclasses import dataclass
from enum import Enum

from django.db import transaction

from core.deliveries import describe_error
from core.event_log import NewEvent, record_many
from messaging import events, leases
from messaging.actions import event_payload, log_kept
from messaging.drivers.errors import InDoubt, Permanent, Temporary, Unreachable
from messaging.drivers.smtp import SmtpSender
from messaging.leases import Lease
from messaging.mime import build
from messaging.models import OutgoingMail
from messaging.server import Server, configured_server

logger = logging.getLogger("messaging.outbox")

ROUND_LIMIT = 100
ROUND_SECONDS = 20.0
# After a failed connection this process leaves the server alone for a while: each try may cost a time-out.
REST_SECONDS = 30.0

_resting_until = 0.0


class Outcome(Enum):
    """What became of one mail."""

    SENT = "sent"
    FAILED = "failed"
    PUT_OFF = "put_off"
    UNSURE = "unsure"
    LOST = "lost"
    UNREACHABLE = "unreachable"


@dataclass
class Summary:
    """What one round did. lost: taken over from senders that disappeared; more: work may be left."""

    sent: int = 0
    failed: int = 0
    put_off: int = 0
    unsure: int = 0
    lost: int = 0
    held: int = 0
    unreachable: int = 0
    more: bool = False

    def count(self, outcome: Outcome) -> None:
        """Add one outcome."""
        setattr(self, outcome.value, getattr(self, outcome.value) + 1)

    def __str__(self) -> str:
        if self.unreachable:
            return "the mail server cannot be reached; " + self._counts()
        return self._counts() + (", more to do" if self.more else "")

    def _counts(self) -> str:
        put_off = self.put_off + self.unreachable
        return f"{self.sent} sent, {put_off} put off, {self.failed} failed, {self.unsure} in doubt, {self.held} held"


def run_once(limit: int = ROUND_LIMIT, deadline: float = ROUND_SECONDS) -> Summary:
    """Send what is due now, at most `limit` mails or for about `deadline` seconds, and say what came of it.

    Without a configured server the mails are held instead. Raises OperationalError when the database is away.
    """
    summary = Summary()
    again, summary.unsure = leases.take_back_lost()
    summary.put_off += again
    server = configured_server()
    if server is None:
        summary.held = hold_due(limit)
    elif time.monotonic() >= _resting_until:
        _send_due(server, summary, limit, time.monotonic() + deadline)
    return summary


def _send_due(server: Server, summary: Summary, limit: int, ends: float) -> None:
    sender = SmtpSender(server)
    try:
        for _ in range(limit):
            if time.monotonic() >= ends:
                break
            lease = leases.claim()
            if lease is None:
                return
            outcome = send(lease, sender)
            summary.count(outcome)
            if outcome is Outcome.UNREACHABLE:
                _rest()
                return
    finally:
        sender.close()
    summary.more = True


def send(lease: Lease, sender: SmtpSender) -> Outcome:
    """Send one leased mail and write down what came of it."""
    mail = OutgoingMail.objects.get(pk=lease.mail_id)
    try:
        raw = build(mail)
        refused = sender.prepare(mail.from_address, mail.to_address, mail.cc, eight_bit=not raw.isascii())
    except Permanent as error:
        return Outcome.FAILED if leases.mark_failed(lease, error) else Outcome.LOST
    except Temporary as error:
        put_off = Outcome.UNREACHABLE if isinstance(error, Unreachable) else Outcome.PUT_OFF
        return put_off if leases.put_off(lease, error) else Outcome.LOST
    except Exception as error:
        logger.exception("Mail %s could not be prepared", mail.pk)
        sender.close()
        return Outcome.PUT_OFF if leases.put_off(lease, RuntimeError(describe_error(error))) else Outcome.LOST
    if not leases.hand_over(lease):
        sender.close()
        return Outcome.LOST
    return _submit(lease, sender, raw, refused)


def _submit(lease: Lease, sender: SmtpSender, raw: bytes, refused: dict[str, str]) -> Outcome:
    try:
        sender.submit(raw)
    except Permanent as error:
        return Outcome.FAILED if leases.mark_failed(lease, error) else Outcome.LOST
    except Temporary as error:
        return Outcome.PUT_OFF if leases.put_off(lease, error) else Outcome.LOST
    except InDoubt as error:
        return Outcome.UNSURE if leases.mark_doubtful(lease, error) else Outcome.LOST
    note = "; ".join(f"CC {address} was refused: {words}" for address, words in refused.items())
    return Outcome.SENT if leases.mark_sent(lease, note) else Outcome.LOST


def hold_due(limit: int) -> int:
    """Hold mails that wait for a server which is no longer configured; return how many."""
    with transaction.atomic():
        mails = list(OutgoingMail.objects.due().select_for_update(skip_locked=True)[:limit])
        OutgoingMail.objects.filter(pk__in=[mail.pk for mail in mails]).update(
            status=OutgoingMail.Status.HELD, held_because=OutgoingMail.Held.NO_SERVER
        )
        reason = OutgoingMail.Held.NO_SERVER
        record_many([NewEvent(events.MAIL_HELD, m.pk, None, event_payload(m, reason=reason)) for m in mails])
    for mail in mails:
        mail.held_because = reason
        log_kept(mail)
    return len(mails)


def _rest() -> None:
    global _resting_until
    _resting_until = time.monotonic() + REST_SECONDS
    logger.warning("The mail server cannot be reached; next try in %d s", REST_SECONDS)
