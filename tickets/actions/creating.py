"""Opening tickets: one, or a batch with its history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from core.errors import Conflict
from core.event_log import NewEvent, record_many
from people.models import Team, User
from tickets import events, policies, validation
from tickets.actions.attaching import claim_uploads
from tickets.actions.tagging import tag_ids
from tickets.changes import refuse_outsider
from tickets.custom_fields import clean_values
from tickets.models import (
    Category,
    Channel,
    Message,
    Participant,
    ParticipantRole,
    Priority,
    Status,
    Ticket,
    TicketForm,
    TicketType,
    Visibility,
)
from tickets.numbers import next_numbers


@dataclass(frozen=True, kw_only=True)
class NewMessage:
    """A later message of an imported conversation."""

    author: User | None
    body: str
    created_at: datetime
    visibility: str = Visibility.PUBLIC


@dataclass(frozen=True, kw_only=True)
class NewTicket:
    """Everything a new ticket may be told. Moments are aware; what is left out gets its default.

    ``status``, the moments and ``messages`` beyond the first are for history (``backfill``)."""

    requester: User
    subject: str
    body: str
    channel: str
    priority: str = Priority.NORMAL
    type: str = TicketType.QUESTION
    category: Category | None = None
    team: Team | None = None
    assignee: User | None = None
    tags: Sequence[str] = ()
    fields: dict[str, Any] = field(default_factory=dict)
    form: TicketForm | None = None
    cc: Sequence[User] = ()
    attachment_ids: Sequence[UUID] = ()
    client_token: str | None = None
    source_key: str | None = None
    html: str = ""
    follow_up_of: Ticket | None = None
    status: str = Status.NEW
    created_at: datetime | None = None
    solved_at: datetime | None = None
    closed_at: datetime | None = None
    messages: Sequence[NewMessage] = ()
    sentiment: str = ""
    resolution_type: str = ""
    resolution_summary: str = ""


def create_ticket(new: NewTicket, *, actor: User | None) -> Ticket:
    """Open one ticket. The same ``client_token`` again returns the first ticket and changes nothing.

    Raises Invalid with the fields at fault, NotAllowed, Conflict for a token of another requester."""
    existing = _with_token(new)
    if existing:
        return existing
    try:
        with transaction.atomic():
            return create_tickets([new], actor=actor)[0]
    except IntegrityError:
        raced = _with_token(new)  # a double click: the other request was first
        if raced is None:
            raise
        return raced


def create_tickets(news: Sequence[NewTicket], *, actor: User | None, backfill: bool = False) -> list[Ticket]:
    """Open a batch in a fixed number of statements. ``backfill``: history, which lets nothing leave the house.

    With ``backfill`` required custom fields may be missing. Raises as ``create_ticket``; all or none."""
    cleaned = [_clean(new, actor, backfill) for new in news]
    with transaction.atomic():
        now = timezone.now()
        tickets = _insert_tickets(cleaned, actor, now)
        firsts, later = _insert_messages(tickets, cleaned, actor, backfill)
        _insert_people_and_tags(tickets, cleaned, actor)
        for ticket, message, new in zip(tickets, firsts, cleaned, strict=True):
            if new.attachment_ids:
                claim_uploads(
                    new.attachment_ids,
                    message=message,
                    ticket=ticket,
                    actor=actor or new.requester,
                )
        record_many(
            _history(tickets, firsts, later, cleaned, actor),
            channel=_event_channel(news),
            backfill=backfill,
        )
        return tickets


def _with_token(new: NewTicket) -> Ticket | None:
    if not new.client_token:
        return None
    found = Ticket.objects.filter(client_token=new.client_token).first()
    if found and found.requester_id != new.requester.pk:
        raise Conflict("This form was already sent by somebody else.", code="token_used")
    return found


def _clean(new: NewTicket, actor: User | None, backfill: bool) -> NewTicket:
    if actor is not None or not backfill:  # history may be of people who have left
        policies.may_create_for(actor, new.requester).require()
    from_customer = actor is not None and not actor.is_agent
    if new.team and new.assignee and not backfill and not from_customer:
        refuse_outsider(new.assignee, new.team)
    changes: dict[str, Any] = {
        "subject": validation.subject(new.subject),
        "body": validation.body(new.body),
        "channel": validation.choice("channel", new.channel, Channel.values),
        "priority": validation.choice("priority", new.priority, Priority.values),
        "type": validation.choice("type", new.type, TicketType.values),
        "tags": validation.tags(new.tags),
        "fields": clean_values(
            new.fields,
            category=new.category,
            form=new.form,
            by_customer=from_customer or (actor is None and not backfill),
            partial=backfill or actor is None or actor.is_agent,
        ),
    }
    if from_customer:  # what routing decides is not the customer's to say
        changes |= {
            "priority": Priority.NORMAL,
            "team": None,
            "assignee": None,
            "tags": [],
        }
    if not backfill:
        changes |= {
            "status": Status.NEW,
            "created_at": None,
            "solved_at": None,
            "closed_at": None,
            "messages": (),
            "sentiment": "",
            "resolution_type": "",
            "resolution_summary": "",
        }
    return _replaced(new, changes)


def _replaced(new: NewTicket, changes: dict[str, Any]) -> NewTicket:
    return replace(new, **changes)


def _insert_tickets(news: Sequence[NewTicket], actor: User | None, now: datetime) -> list[Ticket]:
    numbers = next_numbers(len(news))
    rows = [_row(new, number, actor, now) for new, number in zip(news, numbers, strict=True)]
    return Ticket.objects.bulk_create(rows)


def _row(new: NewTicket, number: int, actor: User | None, now: datetime) -> Ticket:
    created = new.created_at or now
    answers = [m for m in new.messages if m.visibility == Visibility.PUBLIC]
    ours = [m.created_at for m in answers if m.author is not None and m.author.is_agent]
    theirs = [m.created_at for m in answers if m.author is not None and not m.author.is_agent]
    return Ticket(
        number=number,
        subject=new.subject,
        status=new.status,
        priority=new.priority,
        type=new.type,
        channel=new.channel,
        category=new.category,
        fields=new.fields,
        requester=new.requester,
        organisation_id=new.requester.organisation_id,
        assignee=new.assignee,
        team=new.team,
        created_by=actor or new.requester,
        created_at=created,
        updated_at=max([created, *(m.created_at for m in new.messages), new.solved_at or created]),
        last_customer_message_at=max([created, *theirs]),
        last_agent_message_at=max(ours, default=None),
        first_responded_at=min(ours, default=None),
        solved_at=new.solved_at if new.status in (Status.SOLVED, Status.CLOSED) else None,
        closed_at=new.closed_at if new.status == Status.CLOSED else None,
        sentiment=new.sentiment,
        resolution_type=new.resolution_type,
        resolution_summary=new.resolution_summary,
        follow_up_of=new.follow_up_of,
        client_token=new.client_token or None,
        source_key=new.source_key or None,
    )


def _insert_messages(
    tickets: Sequence[Ticket],
    news: Sequence[NewTicket],
    actor: User | None,
    backfill: bool,
) -> tuple[list[Message], list[list[Message]]]:
    rows: list[Message] = []
    for ticket, new in zip(tickets, news, strict=True):
        rows.append(_first_message(ticket, new, actor))
        rows.extend(_later_message(ticket, message) for message in new.messages)
    saved = iter(Message.objects.bulk_create(rows, batch_size=2_000))
    firsts: list[Message] = []
    later: list[list[Message]] = []
    for new in news:
        firsts.append(next(saved))
        later.append([next(saved) for _ in new.messages])
    return firsts, later


def _first_message(ticket: Ticket, new: NewTicket, actor: User | None) -> Message:
    # What staff write at the desk on somebody's behalf are their words; from elsewhere they pass on the customer's.
    ours = actor is not None and actor.is_agent and actor.pk != new.requester.pk and new.channel == Channel.WEB
    return Message(
        ticket=ticket,
        author=actor if ours else new.requester,
        by_staff=ours,
        visibility=Visibility.PUBLIC,
        body=new.body,
        html=new.html,
        channel=ticket.channel,
        created_at=ticket.created_at,
    )


def _later_message(ticket: Ticket, new: NewMessage) -> Message:
    return Message(
        ticket=ticket,
        author=new.author,
        by_staff=new.author is not None and new.author.is_agent,
        visibility=new.visibility,
        body=validation.body(new.body),
        channel=ticket.channel,
        created_at=new.created_at,
    )


def _insert_people_and_tags(tickets: Sequence[Ticket], news: Sequence[NewTicket], actor: User | None) -> None:
    copied = [
        Participant(ticket=ticket, user=user, role=ParticipantRole.CC)
        for ticket, new in zip(tickets, news, strict=True)
        for user in {user.pk: user for user in new.cc}.values()
        if user.pk != new.requester.pk
    ]
    if copied:
        Participant.objects.bulk_create(copied)
    ids = tag_ids({name for new in news for name in new.tags})
    through = Ticket.tags.through
    tagged = [
        through(ticket_id=ticket.pk, tag_id=ids[name])
        for ticket, new in zip(tickets, news, strict=True)
        for name in new.tags
    ]
    if tagged:
        through.objects.bulk_create(tagged, batch_size=5_000)


def _history(
    tickets: Sequence[Ticket],
    firsts: Sequence[Message],
    later: Sequence[list[Message]],
    news: Sequence[NewTicket],
    actor: User | None,
) -> list[NewEvent]:
    history: list[NewEvent] = []
    for ticket, first, messages, new in zip(tickets, firsts, later, news, strict=True):
        actor_id = actor.pk if actor else new.requester.pk
        history.append(_created(ticket, first, new, actor_id))
        history.extend(_said(ticket, message, ticket.first_responded_at) for message in messages)
        history.extend(_ended(ticket, actor_id))
    return history


def _created(ticket: Ticket, first: Message, new: NewTicket, actor_id: int) -> NewEvent:
    payload = {
        "number": ticket.number,
        "channel": ticket.channel,
        "status": Status.NEW,
        "priority": ticket.priority,
        "type": ticket.type,
        "category_id": ticket.category_id,
        "team_id": ticket.team_id,
        "assignee_id": ticket.assignee_id,
        "requester_id": ticket.requester_id,
        "organisation_id": ticket.organisation_id,
        "tags": list(new.tags),
        "form_id": new.form.pk if new.form else None,
        "source_key": ticket.source_key,
        "message_id": first.pk,
    }
    return NewEvent(events.TICKET_CREATED, ticket.pk, actor_id, payload, ticket.created_at)


def _said(ticket: Ticket, message: Message, first_response_at: datetime | None) -> NewEvent:
    payload = {
        "message_id": message.pk,
        "visibility": message.visibility,
        "by_staff": message.by_staff,
        "first_response": message.by_staff and message.created_at == first_response_at,
        "attachments": 0,
        "author_id": message.author_id,
    }
    return NewEvent(events.MESSAGE_ADDED, ticket.pk, message.author_id, payload, message.created_at)


def _ended(ticket: Ticket, actor_id: int) -> Iterable[NewEvent]:
    """The step from new to the status an imported ticket ended with."""
    if ticket.status == Status.NEW:
        return
    at = ticket.solved_at or ticket.updated_at
    first = Status.SOLVED if ticket.status == Status.CLOSED and ticket.solved_at else ticket.status
    payload = {"from": Status.NEW, "to": first, "reason": "import"}
    yield NewEvent(events.STATUS_CHANGED, ticket.pk, actor_id, payload, at)
    if first != ticket.status:
        payload = {"from": first, "to": ticket.status, "reason": "import"}
        yield NewEvent(events.STATUS_CHANGED, ticket.pk, actor_id, payload, ticket.closed_at or at)


def _event_channel(news: Sequence[NewTicket]) -> str | None:
    """The channel of the events: the tickets' own where the log knows it, else the one bound to the request."""
    from core.context import CHANNELS

    return news[0].channel if news and news[0].channel in CHANNELS else None
