"""Verbs of the outbox."""

import logging
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from core import context
from core.bell import wake
from core.errors import Conflict, Invalid, TooLarge
from core.event_log import EventKind, NewEvent, record_many
from core.text import storable
from messaging import events
from messaging.addresses import clean_address, clean_cc, clean_line, our_sender
from messaging.caps import apply_caps
from messaging.models import OutgoingMail
from messaging.policies import may_manage_outbox
from messaging.queries import logs_text
from messaging.server import configured_server
from people.models import User

logger = logging.getLogger("messaging.outbox")

SEND_TASK = "messaging.send_outbox"
MAX_BODY_CHARS = 2_000_000
MAX_REFERENCES = 50
Status = OutgoingMail.Status

# Everything else in the head of a mail is ours to write.
_ALLOWED_HEADERS = re.compile(
    r"list-(id|unsubscribe|unsubscribe-post|archive|help)|precedence|importance|feedback-id|x-helpdesk-[a-z0-9-]{1,40}",
    re.IGNORECASE,
)
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,990}>")
_CONTENT_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,80}", re.IGNORECASE)


@transaction.atomic
def queue_mail(
    *,
    kind: str,
    to: str,
    subject: str,
    text: str,
    automatic: bool,
    actor: User | None,
    html: str = "",
    to_name: str = "",
    cc: Iterable[str] = (),
    reply_to: str = "",
    from_name: str = "",
    from_address: str = "",
    headers: Mapping[str, str] | None = None,
    in_reply_to: str = "",
    references: Sequence[str] = (),
    dedupe_key: str | None = None,
    subject_kind: str = "",
    subject_id: int | None = None,
    attachments: Iterable[Mapping[str, str]] = (),
) -> OutgoingMail:
    """Put one mail into the outbox; it leaves after the commit. With a known `dedupe_key` the existing one is returned.

    kind: free key (login_code, account, acknowledgement, reply, notice, …). to: one bare address; its name apart.
    automatic: the machine's doing and no person's: marked so, capped, and never sent again when in doubt.
    in_reply_to, references: Message-IDs with their angle brackets; what is none is left out.
    attachments: {name, content_type, path in the default storage}. from_…: settings.DEFAULT_FROM_EMAIL when left out.
    The mail returned is 'queued', or 'held' when over a cap or without a configured server.
    Raises Invalid for addresses, headers and types that are none, TooLarge for more than MAX_BODY_CHARS.
    """
    known = _known(dedupe_key)
    if known:
        return known
    default_name, default_address = our_sender()
    to = clean_address(to).lower()
    mail = OutgoingMail(
        kind=kind,
        automatic=automatic,
        to_address=to,
        to_name=clean_line(to_name, "to_name", longest=200),
        cc=clean_cc(cc, without=to),
        from_address=clean_address(from_address or default_address, "from_address"),
        from_name=clean_line(from_name or default_name, "from_name", longest=200),
        reply_to=clean_address(reply_to, "reply_to") if reply_to else "",
        subject=clean_line(subject, "subject", longest=500),
        text=_body(text, "text"),
        html=_body(html, "html"),
        headers=_headers(headers or {}),
        attachments=[_attachment(item) for item in attachments],
        message_id=new_message_id(),
        in_reply_to=next(iter(_message_ids([in_reply_to])), ""),
        references=_message_ids(references)[-MAX_REFERENCES:],
        subject_kind=subject_kind,
        subject_id=subject_id,
        correlation_id=context.correlation_id(),
        dedupe_key=dedupe_key,
    )
    apply_caps(mail)
    if mail.status == Status.QUEUED and configured_server() is None:
        mail.status, mail.held_because = Status.HELD, OutgoingMail.Held.NO_SERVER
    return _save_new(mail, actor)


def retry_mail(mail_id: int, *, actor: User | None) -> OutgoingMail:
    """Send a failed, unsure or held mail (again), under its own Message-ID. Raises Conflict in any other state."""
    return _moved_one(
        retry_mails([mail_id], actor=actor),
        mail_id,
        "This mail is not failed, unsure or held.",
    )


def cancel_mail(mail_id: int, *, actor: User | None) -> OutgoingMail:
    """Never send this mail. Raises Conflict when it is already sent, being sent or cancelled."""
    return _moved_one(
        cancel_mails([mail_id], actor=actor),
        mail_id,
        "This mail can no longer be cancelled.",
    )


def retry_mails(mail_ids: Iterable[int], *, actor: User | None) -> list[int]:
    """Queue those of the mails that are failed, unsure or held; return their ids. Raises NotAllowed."""
    waiting = (Status.FAILED, Status.UNSURE, Status.HELD)
    moved = _move(mail_ids, waiting, Status.QUEUED, events.MAIL_RETRIED, actor)
    if moved:
        wake(SEND_TASK)
    return moved


def release_held(mail_ids: Iterable[int], *, actor: User | None) -> list[int]:
    """Queue those of the mails that are held; return their ids. Raises NotAllowed."""
    moved = _move(mail_ids, (Status.HELD,), Status.QUEUED, events.MAIL_RETRIED, actor)
    if moved:
        wake(SEND_TASK)
    return moved


def cancel_mails(mail_ids: Iterable[int], *, actor: User | None) -> list[int]:
    """Cancel those of the mails that were not sent and are not being sent; return their ids. Raises NotAllowed."""
    open_ = (Status.QUEUED, Status.HELD, Status.FAILED, Status.UNSURE)
    return _move(mail_ids, open_, Status.CANCELLED, events.MAIL_CANCELLED, actor)


def event_payload(mail: OutgoingMail, **more: Any) -> dict[str, Any]:
    """What every event about a mail says of it; never a text."""
    return {
        "mail_kind": mail.kind,
        "automatic": mail.automatic,
        "about_kind": mail.subject_kind,
        "about_id": mail.subject_id,
        **more,
    }


def new_message_id() -> str:
    """A Message-ID of ours: <uuid@host of SITE_URL>."""
    return f"<{uuid.uuid4().hex}@{urlsplit(settings.SITE_URL).hostname or 'localhost'}>"


def _known(dedupe_key: str | None) -> OutgoingMail | None:
    return OutgoingMail.objects.filter(dedupe_key=dedupe_key).first() if dedupe_key else None


def _save_new(mail: OutgoingMail, actor: User | None) -> OutgoingMail:
    try:
        with transaction.atomic():
            mail.save(force_insert=True)
    except IntegrityError:
        known = _known(mail.dedupe_key)
        if known is None:
            raise
        return known  # another transaction queued it in the same moment
    recorded = [
        NewEvent(
            events.MAIL_QUEUED,
            mail.pk,
            actor.pk if actor else None,
            event_payload(mail),
        )
    ]
    if mail.status == Status.HELD:
        recorded.append(
            NewEvent(
                events.MAIL_HELD,
                mail.pk,
                None,
                event_payload(mail, reason=mail.held_because),
            )
        )
        transaction.on_commit(lambda: log_kept(mail), robust=True)
    else:
        wake(SEND_TASK)
    record_many(recorded)
    return mail


def log_kept(mail: OutgoingMail) -> None:
    """One line about a mail that is kept; with its text where the log is how a newcomer gets a login code."""
    text = f"\n{mail.text}" if logs_text(mail) else ""
    reason = mail.get_held_because_display()
    logger.info(
        "mail kept: to=%s subject=%s (%s)%s",
        mail.to_address,
        mail.subject,
        reason,
        text,
    )


@transaction.atomic
def _move(
    mail_ids: Iterable[int],
    from_: Sequence[str],
    to: str,
    kind: EventKind,
    actor: User | None,
) -> list[int]:
    may_manage_outbox(actor).require()
    mails = list(
        OutgoingMail.objects.select_for_update().filter(pk__in=list(mail_ids), status__in=from_).order_by("id")
    )
    ids = [mail.pk for mail in mails]
    changes: dict[str, Any] = {
        "status": to,
        "held_because": "",
        "lease_token": None,
        "leased_until": None,
    }
    if to == Status.QUEUED:
        changes |= {
            "attempts": 0,
            "doubts": 0,
            "handed_over_at": None,
            "next_attempt_at": Now(),
        }
    OutgoingMail.objects.filter(pk__in=ids).update(**changes)
    actor_id = actor.pk if actor else None
    record_many([NewEvent(kind, mail.pk, actor_id, event_payload(mail, was=mail.status)) for mail in mails])
    return ids


def _moved_one(moved: list[int], mail_id: int, otherwise: str) -> OutgoingMail:
    if not moved:
        raise Conflict(otherwise)
    return OutgoingMail.objects.get(pk=mail_id)


def _body(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise Invalid("The body must be a text.", fields={field: ["Not a text."]})
    if len(value) > MAX_BODY_CHARS:
        raise TooLarge(
            f"A mail holds at most {MAX_BODY_CHARS:,} characters.",
            fields={field: ["Too long."]},
        )
    return storable(value)


def _headers(given: Mapping[str, str]) -> dict[str, str]:
    for name in given:
        if not isinstance(name, str) or not _ALLOWED_HEADERS.fullmatch(name):
            raise Invalid(f"The header {clean_line(str(name), 'headers', longest=60)!r} is not ours to give.")
    return {name: clean_line(value, "headers", longest=900) for name, value in given.items()}


def _message_ids(values: Iterable[Any]) -> list[str]:
    """Those that are Message-IDs, each once: what is no id (and may be a header of its own) is dropped."""
    texts = [value for value in values if isinstance(value, str)]
    return list(dict.fromkeys(value for value in texts if value.isascii() and _MESSAGE_ID.fullmatch(value)))


def _attachment(item: Mapping[str, str]) -> dict[str, str]:
    content_type = item.get("content_type", "")
    return {
        "name": clean_line(item["name"], "attachments", longest=200) or "attachment",
        "content_type": content_type if _CONTENT_TYPE.fullmatch(content_type) else "application/octet-stream",
        "path": item["path"],
    }
