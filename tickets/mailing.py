"""What customers get by mail about a ticket: each person a mail of their own, with their own signed link.

A link is never in a mail to somebody else, so nobody is in a mail's CC. The mails of one ticket form a thread: all
refer to an id made from the ticket by a secret, and to the earlier mails to the same address.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from allauth.account.models import EmailAddress
from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac

from core.errors import Invalid
from core.models import Event
from core.text import one_line
from messaging.actions import queue_mail
from messaging.addresses import clean_address
from messaging.models import OutgoingMail
from messaging.rendering import render_mail
from people.models import User
from tickets.guest_links import LIFETIME, make_token
from tickets.models import Message, ParticipantRole, Ticket
from tickets.rich_text import clean_html

logger = logging.getLogger(__name__)

UNREACHABLE = ".invalid"
"""The top-level domain of addresses that are none (RFC 2606): stand-ins for people we cannot write to."""


REFERENCES_MAX = 10
"""Earlier mails named in a References header: enough for every reader's threading, and it does not grow for ever."""


def mail_acknowledgement(event: Event, ticket: Ticket, *, on_behalf: bool) -> None:
    """Tell the requester that we have it. Once for an event, however often this is called."""
    user = ticket.requester
    if not reachable(user, ticket):
        return
    # Anybody can type in anybody's address, so what a stranger wrote is not mailed to an address nobody has proved.
    known = on_behalf or EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists()
    context = {"ticket": ticket, "subject": ticket.subject if known else "", "on_behalf": on_behalf}
    subject = f"[#{ticket.number}] {ticket.subject if known else 'We have your message'}"
    _queue(event, ticket, user, "acknowledgement", subject, context, dedupe_key=f"ack:{event.pk}", automatic=True)


def mail_reply(event: Event, message: Message) -> None:
    """Send our public answer to the requester and to each customer or colleague in copy, once for event and person."""
    ticket = message.ticket
    author = message.author
    files = list(message.attachments.all())
    context = {
        "ticket": ticket,
        "requester": ticket.requester,
        "author": author.display_name if author else settings.SITE_NAME,
        "body": message.body,
        "signature": author.signature if author else "",
        "body_html": clean_html(message.html) if message.html else "",
        "files": files,
    }
    for user in _readers(ticket):
        if user.pk != message.author_id and reachable(user, ticket):
            key = f"reply:{event.pk}:{user.pk}"
            subject = f"[#{ticket.number}] {ticket.subject}"
            _queue(event, ticket, user, "reply", subject, context, dedupe_key=key, automatic=False, author=author)


def reachable(user: User, ticket: Ticket) -> bool:
    """An active person with an address, who may (still) see the ticket."""
    if not user.is_active or user.email.endswith(UNREACHABLE):
        return False
    return bool(Ticket.objects.visible_to(user).filter(pk=ticket.pk).exists())


def link(ticket: Ticket, user: User) -> str:
    """The address of the ticket for this person: signed for customers; our own people log in."""
    if user.is_agent:
        path = reverse("portal:request", args=[ticket.number])
    else:
        path = reverse("portal:guest", args=[make_token(ticket, user)])
    return settings.SITE_URL + path


def _readers(ticket: Ticket) -> Iterable[User]:
    yield ticket.requester
    copied = ticket.participants.filter(role=ParticipantRole.CC).exclude(user=ticket.requester).select_related("user")
    for row in copied:
        yield row.user


def _queue(
    event: Event,
    ticket: Ticket,
    user: User,
    kind: str,
    subject: str,
    context: dict[str, Any],
    *,
    dedupe_key: str,
    automatic: bool,
    author: User | None = None,
) -> None:
    context = {**context, "action_url": link(ticket, user), "days": LIFETIME.days, "user": user}
    body = render_mail(f"ticket_{kind}", context)
    try:
        to = clean_address(user.email)
    except Invalid:  # a valid address in the book of rules ("a b"@example.com), but none we write to
        logger.warning(
            "No mail about ticket #%s: the address of user %s is not one we can write to.", ticket.number, user.pk
        )
        return
    thread = thread_id(ticket)
    earlier = OutgoingMail.objects.about("ticket", ticket.pk).filter(to_address=to.lower())
    latest = earlier.order_by("-pk").values_list("message_id", flat=True)[:REFERENCES_MAX]
    ids = [thread, *reversed(latest)]
    queue_mail(
        kind=kind,
        to=to,
        to_name=one_line(user.name),
        from_name=f"{author.display_name} · {settings.SITE_NAME}" if author else "",
        subject=one_line(subject),
        text=body.text,
        html=body.html,
        automatic=automatic,
        actor=author,
        references=ids,
        in_reply_to=ids[-1],
        dedupe_key=dedupe_key,
        subject_kind="ticket",
        subject_id=ticket.pk,
    )


def thread_id(ticket: Ticket) -> str:
    """What all mails of a ticket refer to; not to be guessed from its number."""
    secret = salted_hmac("tickets.mail_thread", str(ticket.pk), algorithm="sha256").hexdigest()[:32]
    return f"<thread.{secret}@{urlsplit(settings.SITE_URL).hostname or 'localhost'}>"
