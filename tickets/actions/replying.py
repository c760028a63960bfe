"""What is said on a ticket, and what saying it does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from core.errors import Conflict, Invalid
from core.event_log import NewEvent, record_many
from people.models import User
from tickets import events, lifecycle, policies, validation
from tickets.actions.attaching import claim_uploads
from tickets.actions.creating import NewTicket, create_ticket
from tickets.locking import lock_ticket
from tickets.mentions import mentioned_staff
from tickets.models import (
    Draft,
    LinkKind,
    Message,
    Status,
    Ticket,
    TicketLink,
    Visibility,
)


def add_message(
    ticket: Ticket,
    *,
    actor: User,
    body: str,
    visibility: str = Visibility.PUBLIC,
    channel: str,
    attachment_ids: Sequence[UUID] = (),
    then_status: str = "",
    client_token: str | None = None,
    html: str = "",
) -> Message:
    """Say something. The returned message's ``ticket`` may be another one: the follow-up of a closed ticket,
    or the one this was merged into.

    A customer's public reply reopens (pending, on hold, solved) or opens a follow-up (closed). Staff's first
    public reply stamps the first response, takes a new ticket to open, and clears their draft; ``then_status``
    moves the ticket on ('send and set pending'). The same ``client_token`` again returns the first message.
    Raises Invalid, NotAllowed, NotFound, Conflict."""
    visibility = validation.choice("visibility", visibility, [Visibility.PUBLIC, Visibility.INTERNAL])
    if visibility == Visibility.INTERNAL or then_status:
        policies.may_work(actor).require()
    cleaned = validation.body(body)
    said = _already_said(client_token, actor)
    if said:
        return said
    try:
        with transaction.atomic():
            locked = lock_ticket(_receiver(ticket, actor), actor=actor)
            if _receiver(locked, actor) != locked:
                raise _MergedMeanwhile(locked)
            policies.may_reply(actor, locked).require()
            if not actor.is_agent and locked.status == Status.CLOSED:
                return _follow_up_message(locked, actor, cleaned, channel, attachment_ids, client_token, html)
            return _say(locked, actor, cleaned, visibility, channel, attachment_ids, then_status, client_token, html)
    except _MergedMeanwhile as moved:  # its lock is free again: the tickets' locks are taken by id
        return add_message(
            moved.ticket, actor=actor, body=body, visibility=visibility, channel=channel, html=html,
            attachment_ids=attachment_ids, then_status=then_status, client_token=client_token,
        )  # fmt: skip
    except IntegrityError:
        raced = _already_said(client_token, actor)
        if raced is None:
            raise
        return raced


class _MergedMeanwhile(Exception):
    """The ticket was merged while we waited for its lock."""

    def __init__(self, ticket: Ticket) -> None:
        self.ticket = ticket


def _already_said(client_token: str | None, actor: User) -> Message | None:
    if not client_token:
        return None
    found = Message.objects.select_related("ticket").filter(client_token=client_token).first()
    if found and found.author_id != actor.pk:
        raise Conflict("This form was already sent by somebody else.", code="token_used")
    return found


def _receiver(ticket: Ticket, actor: User) -> Ticket:
    """A merged ticket's replies go where it was merged into, if that is the same person's and the writer may see it.

    What is meant for one customer never goes to another: tickets of two are only linked."""
    current, steps = ticket, 0
    while current.merged_into_id and steps < 20:
        same = Ticket.objects.visible_to(actor).filter(requester=current.requester_id)
        target = same.filter(pk=current.merged_into_id).first()
        if target is None:
            break
        current, steps = target, steps + 1
    return current


def _say(
    ticket: Ticket,
    actor: User,
    body: str,
    visibility: str,
    channel: str,
    attachment_ids: Sequence[UUID],
    then_status: str,
    client_token: str | None,
    html: str,
) -> Message:
    now = timezone.now()
    message = Message.objects.create(
        ticket=ticket,
        author=actor,
        by_staff=actor.is_agent and ticket.requester_id != actor.pk,
        visibility=visibility,
        body=body,
        html=html,
        channel=channel,
        created_at=now,
        client_token=client_token or None,
    )
    if attachment_ids:
        claim_uploads(attachment_ids, message=message, ticket=ticket, actor=actor)
    first, moved = _move_ticket(ticket, message, then_status, now)
    Draft.objects.filter(ticket=ticket, author=actor, visibility=visibility).delete()
    record_many(
        [
            _said(message, first, len(set(attachment_ids))),
            *_mentions(message, actor),
            *_moves(message, moved),
        ]
    )
    return message


def _move_ticket(ticket: Ticket, message: Message, then_status: str, now: datetime) -> tuple[bool, list[Any]]:
    """Stamp the conversation's moments and move the life cycle; returns (first response?, status steps)."""
    first = False
    columns = {"updated_at"}
    ticket.updated_at = now
    if message.visibility == Visibility.PUBLIC:
        if message.by_staff:
            first = ticket.first_responded_at is None
            ticket.first_responded_at = ticket.first_responded_at or now
            ticket.last_agent_message_at = now
        else:
            ticket.last_customer_message_at = now
        columns |= {
            "first_responded_at",
            "last_agent_message_at",
            "last_customer_message_at",
        }
    steps = _steps(ticket, message, then_status)
    moved = [lifecycle.move(ticket, to, at=now) for to in steps if to != ticket.shown_status]
    if moved:
        ticket.version += 1
        ticket.field_versions["status"] = ticket.version
        columns |= {
            "status",
            "escalated",
            "solved_at",
            "closed_at",
            "reopen_count",
            "version",
            "field_versions",
        }
    ticket.save(update_fields=columns)
    return first, moved


def _steps(ticket: Ticket, message: Message, then_status: str) -> list[str]:
    steps: list[str] = []
    if message.visibility == Visibility.PUBLIC:
        waiting_for_them = ticket.status in (
            Status.PENDING,
            Status.ON_HOLD,
            Status.SOLVED,
        )
        if not message.by_staff and waiting_for_them:
            # An escalation that waited goes on: pending and back does not lose it.
            still_escalated = ticket.escalated and ticket.status != Status.SOLVED
            steps.append(Status.ESCALATED if still_escalated else Status.OPEN)
        elif message.by_staff and ticket.status == Status.NEW and not then_status:
            steps.append(Status.OPEN)
    if then_status:
        steps.append(validation.choice("status", then_status, Status.values))
    return steps


def _said(message: Message, first_response: bool, attachments: int) -> NewEvent:
    payload = {
        "message_id": message.pk,
        "visibility": message.visibility,
        "by_staff": message.by_staff,
        "first_response": first_response,
        "attachments": attachments,
        "author_id": message.author_id,
    }
    return NewEvent(
        events.MESSAGE_ADDED,
        message.ticket_id,
        message.author_id,
        payload,
        message.created_at,
    )


def _moves(message: Message, moved: Sequence[tuple[str, str]]) -> list[NewEvent]:
    reason = "agent replied" if message.by_staff else "customer replied"
    return [
        NewEvent(
            events.STATUS_CHANGED,
            message.ticket_id,
            message.author_id,
            {"from": before, "to": after, "reason": reason, "message_id": message.pk},
        )
        for before, after in moved
    ]


def _mentions(message: Message, actor: User) -> list[NewEvent]:
    if message.visibility != Visibility.INTERNAL:
        return []
    people = [user.pk for user in mentioned_staff(message.body) if user.pk != actor.pk]
    if not people:
        return []
    payload = {"message_id": message.pk, "user_ids": people}
    return [NewEvent(events.MENTIONED, message.ticket_id, actor.pk, payload)]


def _follow_up_message(
    closed: Ticket,
    actor: User,
    body: str,
    channel: str,
    attachment_ids: Sequence[UUID],
    client_token: str | None,
    html: str,
) -> Message:
    follow_up = open_follow_up(
        closed,
        actor=actor,
        body=body,
        channel=channel,
        attachment_ids=attachment_ids,
        client_token=client_token,
        html=html,
    )
    message = follow_up.messages.select_related("ticket").order_by("pk").first()
    if message is None:
        raise Invalid("The follow-up has no message.")
    return message


def open_follow_up(
    ticket: Ticket,
    *,
    actor: User,
    body: str,
    channel: str,
    attachment_ids: Sequence[UUID] = (),
    client_token: str | None = None,
    html: str = "",
) -> Ticket:
    """A new ticket that goes on from a closed one, for the same requester, category and team.

    Raises Conflict while the ticket is not closed."""
    with transaction.atomic():
        closed = lock_ticket(ticket, actor=actor)
        if closed.status != Status.CLOSED:
            raise Conflict(
                "Only a closed ticket gets a follow-up; answer in this one.",
                code="not_closed",
            )
        requester = closed.requester if actor.is_agent else actor
        follow_up = create_ticket(
            NewTicket(
                requester=requester,
                subject=closed.subject,
                body=body,
                html=html,
                channel=channel,
                category=closed.category,
                type=closed.type,
                team=closed.team,
                attachment_ids=attachment_ids,
                client_token=client_token,
                follow_up_of=closed,
            ),
            actor=actor if actor.is_agent else None,
        )
        _link_follow_up(follow_up, closed, actor)
        return follow_up


def _link_follow_up(follow_up: Ticket, closed: Ticket, actor: User) -> None:
    _, made = TicketLink.objects.get_or_create(source=follow_up, target=closed, kind=LinkKind.FOLLOW_UP)
    if made:
        record_many(
            [
                NewEvent(
                    events.FOLLOWED_UP,
                    closed.pk,
                    actor.pk,
                    {"follow_up_id": follow_up.pk},
                )
            ]
        )
