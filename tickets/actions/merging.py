"""Two tickets into one, one ticket into two."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from core.errors import Conflict, Invalid
from core.event_log import NewEvent, record_many
from people.models import User
from tickets import events, lifecycle, policies, validation
from tickets.locking import lock_ticket, lock_tickets
from tickets.models import (
    Attachment,
    Draft,
    LinkKind,
    Message,
    Status,
    Ticket,
    TicketLink,
    Visibility,
)
from tickets.numbers import next_numbers


def merge_tickets(source: Ticket, target: Ticket, *, actor: User | None) -> Ticket:
    """Close ``source`` as a duplicate of ``target`` and return the target.

    With the same requester the conversation moves over and later replies follow it. With different requesters
    nothing said moves, so that no customer reads another's words; the tickets are only linked.
    Raises Invalid for a ticket into itself, Conflict when either is closed or already merged."""
    policies.may_work(actor).require()
    if source.pk == target.pk:
        raise Invalid(
            "A ticket cannot be merged into itself.",
            fields={"target": ["Choose another ticket."]},
        )
    with transaction.atomic():
        locked = {ticket.pk: ticket for ticket in lock_tickets([source.pk, target.pk], actor=actor)}
        source, target = locked[source.pk], locked[target.pk]
        _refuse_ended(source, target)
        same = source.requester_id == target.requester_id
        moved = _move_messages(source, target) if same else []
        steps = _move_statuses(source, target, same)
        _save_merged(source, target)
        _note_merge(source, target, same)
        TicketLink.objects.get_or_create(source=source, target=target, kind=LinkKind.DUPLICATE)
        _record_merge(source, target, moved, steps, actor)
        return target


def _refuse_ended(source: Ticket, target: Ticket) -> None:
    for ticket in (source, target):
        if ticket.merged_into_id or ticket.status == Status.CLOSED:
            raise Conflict(
                f"#{ticket.number} is closed.",
                code="closed",
                fields={"target": [f"#{ticket.number} is closed."]},
            )


def _move_messages(source: Ticket, target: Ticket) -> list[int]:
    ids = list(Message.objects.filter(ticket=source).order_by("pk").values_list("pk", flat=True))
    Message.objects.filter(pk__in=ids).update(ticket=target, moved_from=source)
    Attachment.objects.filter(ticket=source).update(ticket=target)
    for draft in Draft.objects.filter(ticket=source):
        if not Draft.objects.filter(ticket=target, author=draft.author_id, visibility=draft.visibility).exists():
            Draft.objects.filter(pk=draft.pk).update(ticket=target)
    target.last_customer_message_at = _latest(source.last_customer_message_at, target.last_customer_message_at)
    target.last_agent_message_at = _latest(source.last_agent_message_at, target.last_agent_message_at)
    return ids


def _latest(*moments: datetime | None) -> datetime | None:
    return max((moment for moment in moments if moment), default=None)


def _move_statuses(source: Ticket, target: Ticket, same: bool) -> list[tuple[Ticket, str, str]]:
    """Close the source; a solved target opens again when an unsolved conversation comes in. (ticket, from, to) each."""
    now = timezone.now()
    steps = [(source, source.shown_status, str(Status.CLOSED))]
    if same and source.is_unsolved and target.status == Status.SOLVED:
        steps.append((target, *lifecycle.move(target, Status.OPEN, at=now)))
    source.status, source.escalated, source.closed_at = Status.CLOSED, False, now
    source.merged_into = target
    source.updated_at = target.updated_at = now
    for ticket, _, _ in steps:
        ticket.version += 1
        ticket.field_versions["status"] = ticket.version
    return steps


def _save_merged(source: Ticket, target: Ticket) -> None:
    status = [
        "status",
        "escalated",
        "solved_at",
        "closed_at",
        "reopen_count",
        "updated_at",
        "version",
        "field_versions",
    ]
    source.save(update_fields=[*status, "merged_into"])
    target.save(update_fields=[*status, "last_customer_message_at", "last_agent_message_at"])


def _note_merge(source: Ticket, target: Ticket, same: bool) -> None:
    told = f"Merged into #{target.number}." if same else f"Closed as a duplicate of #{target.number}."
    Message.objects.bulk_create(
        [
            Message(ticket=source, visibility=Visibility.SYSTEM, body=told, channel="system"),
            Message(
                ticket=target,
                visibility=Visibility.SYSTEM,
                # Not its subject: the target's readers may not see the source. The link shows it to those who may.
                body=f"#{source.number} was merged into this ticket.",
                channel="system",
            ),
        ]
    )


def _record_merge(
    source: Ticket, target: Ticket, moved: list[int], steps: list[tuple[Ticket, str, str]], actor: User | None
) -> None:
    actor_id = actor.pk if actor else None
    same = source.requester_id == target.requester_id
    payload = {"into_id": target.pk, "from_id": source.pk, "message_ids": moved, "same_requester": same}
    record_many(
        [
            NewEvent(events.MERGED, source.pk, actor_id, payload),
            NewEvent(events.MERGED, target.pk, actor_id, payload),
            *(
                NewEvent(events.STATUS_CHANGED, ticket.pk, actor_id, {"from": before, "to": after, "reason": "merged"})
                for ticket, before, after in steps
            ),
        ]
    )


def split_ticket(ticket: Ticket, message_ids: Sequence[int], *, subject: str, actor: User | None) -> Ticket:
    """Move messages into a new ticket that begins at the first of them; returns the new ticket.

    Its requester is the customer who wrote the first moved public message, else the old one's.
    Raises Invalid when nothing or everything would move, Conflict when the ticket is closed."""
    policies.may_work(actor).require()
    cleaned = validation.subject(subject)
    with transaction.atomic():
        old = lock_ticket(ticket, actor=actor)
        if old.status == Status.CLOSED:
            raise Conflict("This ticket is closed and stays as it is.", code="closed")
        said = list(old.messages.exclude(visibility=Visibility.SYSTEM).select_related("author"))
        moving = [message for message in said if message.pk in set(message_ids)]
        _refuse_empty_halves(said, moving)
        new = _split_off(old, moving, cleaned, actor)
        ids = [message.pk for message in moving]
        Message.objects.filter(pk__in=ids).update(ticket=new, moved_from=old)
        Attachment.objects.filter(message__in=ids).update(ticket=new)
        TicketLink.objects.create(source=new, target=old, kind=LinkKind.SPLIT)
        _record_split(old, new, ids, actor)
        return new


def _refuse_empty_halves(said: Sequence[Message], moving: Sequence[Message]) -> None:
    if not moving:
        raise Invalid("Choose what moves.", fields={"messages": ["Choose at least one message."]})
    left = [message for message in said if message not in moving]
    if not any(message.visibility == Visibility.PUBLIC for message in left):
        raise Invalid(
            "Leave something here.",
            fields={"messages": ["At least one public message has to stay."]},
        )


def _split_off(old: Ticket, moving: Sequence[Message], subject: str, actor: User | None) -> Ticket:
    first = moving[0]
    requester = old.requester
    if first.author and not first.author.is_agent and first.visibility == Visibility.PUBLIC:
        requester = first.author
    theirs = [m.created_at for m in moving if m.visibility == Visibility.PUBLIC and not m.by_staff]
    ours = [m.created_at for m in moving if m.visibility == Visibility.PUBLIC and m.by_staff]
    return Ticket.objects.create(
        number=next_numbers(1)[0],
        subject=subject,
        status=Status.OPEN if ours else Status.NEW,
        priority=old.priority,
        type=old.type,
        channel=old.channel,
        category=old.category,
        requester=requester,
        organisation_id=requester.organisation_id,
        assignee=old.assignee,
        team=old.team,
        created_by=actor,
        created_at=first.created_at,
        updated_at=timezone.now(),
        first_responded_at=min(ours, default=None),
        last_agent_message_at=max(ours, default=None),
        last_customer_message_at=max(theirs, default=None),
    )


def _record_split(old: Ticket, new: Ticket, ids: list[int], actor: User | None) -> None:
    actor_id = actor.pk if actor else None
    payload = {"into_id": new.pk, "from_id": old.pk, "message_ids": ids}
    created = {
        "number": new.number, "channel": new.channel, "status": new.status, "priority": new.priority, "type": new.type,
        "category_id": new.category_id, "team_id": new.team_id, "assignee_id": new.assignee_id,
        "requester_id": new.requester_id, "organisation_id": new.organisation_id, "tags": [], "message_id": ids[0],
    }  # fmt: skip
    record_many(
        [
            NewEvent(events.TICKET_CREATED, new.pk, actor_id, created, new.created_at),
            NewEvent(events.SPLIT, old.pk, actor_id, payload),
            NewEvent(events.SPLIT, new.pk, actor_id, payload),
        ]
    )
