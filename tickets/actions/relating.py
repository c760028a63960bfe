"""Links between tickets, people in copy, followers, and time spent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from core.errors import Conflict, Invalid, NotFound
from core.event_log import NewEvent, record, record_many
from people.models import User
from tickets import events, policies, validation
from tickets.locking import lock_ticket, lock_tickets
from tickets.models import (
    HandleTime,
    LinkKind,
    Participant,
    ParticipantRole,
    Ticket,
    TicketLink,
)

TIME_MAX = timedelta(hours=24)


def link_tickets(source: Ticket, target: Ticket, kind: str, *, actor: User | None) -> TicketLink:
    """Say that ``source`` is duplicate / child / incident of, or related to, ``target``. Again is harmless.

    Raises Invalid for a link to itself or a circle of children."""
    policies.may_work(actor).require()
    kind = validation.choice(
        "kind",
        kind,
        [LinkKind.DUPLICATE, LinkKind.CHILD, LinkKind.INCIDENT, LinkKind.RELATED],
    )
    if source.pk == target.pk:
        raise Invalid(
            "A ticket cannot be linked to itself.",
            fields={"target": ["Choose another ticket."]},
        )
    with transaction.atomic():
        lock_tickets([source.pk, target.pk], actor=actor)
        if kind in (LinkKind.CHILD, LinkKind.INCIDENT) and source.pk in _above(target.pk, kind):
            told = "That ticket already hangs below this one."
            raise Invalid("This would be a circle.", fields={"target": [told]})
        link, made = TicketLink.objects.get_or_create(source=source, target=target, kind=kind)
        if made:
            _record_link(events.LINKED, link, actor)
        return link


def _above(ticket_id: int, kind: str) -> set[int]:
    """Ids of the tickets reached from ``ticket_id`` by following links of this kind upwards."""
    found: set[int] = set()
    edge = {ticket_id}
    while edge and len(found) < 10_000:
        found |= edge
        parents = TicketLink.objects.filter(source__in=edge, kind=kind).values_list("target_id", flat=True)
        edge = set(parents) - found
    return found


def unlink_tickets(link: TicketLink, *, actor: User | None) -> None:
    """Remove a link; what merge, split and follow-up recorded stays. Raises Conflict for those, NotFound when gone."""
    policies.may_work(actor).require()
    if link.kind in (LinkKind.FOLLOW_UP, LinkKind.SPLIT):
        raise Conflict("This link is part of the history and stays.", code="history")
    with transaction.atomic():
        lock_tickets([link.source_id, link.target_id], actor=actor)
        deleted, _ = TicketLink.objects.filter(pk=link.pk).delete()
        if not deleted:
            raise NotFound("This link is already gone.")
        _record_link(events.UNLINKED, link, actor)


def _record_link(kind: object, link: TicketLink, actor: User | None) -> None:
    actor_id = actor.pk if actor else None
    payload = {
        "kind": link.kind,
        "source_id": link.source_id,
        "target_id": link.target_id,
    }
    record_many([NewEvent(kind, pk, actor_id, payload) for pk in (link.source_id, link.target_id)])  # type: ignore[arg-type]


def add_participants(
    ticket: Ticket,
    users: Sequence[User],
    *,
    actor: User | None,
    role: str = ParticipantRole.CC,
) -> list[Participant]:
    """Put people in copy (they can read the public side) or make staff follow. Those already in stay as they are.

    Raises Invalid for too many, or a follower who is not staff."""
    if role == ParticipantRole.FOLLOWER and any(not user.is_agent for user in users):
        raise Invalid(
            "Only staff can follow a ticket.",
            fields={"users": ["Only staff can follow a ticket."]},
        )
    with transaction.atomic():
        locked = lock_ticket(ticket, actor=actor)
        present = set(locked.participants.values_list("user_id", flat=True)) | {locked.requester_id}
        missing = [user for user in {user.pk: user for user in users}.values() if user.pk not in present]
        if len(present) + len(missing) > validation.CC_MAX + 1:
            told = f"At most {validation.CC_MAX} people."
            raise Invalid("Too many people in copy.", fields={"cc": [told]})
        made = Participant.objects.bulk_create([Participant(ticket=locked, user=user, role=role) for user in missing])
        if made:
            payload = {
                "added": [user.pk for user in missing],
                "removed": [],
                "role": role,
            }
            record(
                events.PARTICIPANTS_CHANGED,
                locked.pk,
                actor_id=actor.pk if actor else None,
                payload=payload,
            )
        return made


def remove_participant(ticket: Ticket, user: User, *, actor: User | None) -> None:
    """Take somebody out of copy or stop following. Customers may only remove themselves. Gone already is fine."""
    with transaction.atomic():
        locked = lock_ticket(ticket, actor=actor)
        if actor is not None and actor.pk != user.pk:
            policies.may_work(actor).require()
        gone = list(locked.participants.filter(user=user))
        if gone:
            Participant.objects.filter(pk__in=[row.pk for row in gone]).delete()
            payload = {"added": [], "removed": [user.pk], "role": gone[0].role}
            record(
                events.PARTICIPANTS_CHANGED,
                locked.pk,
                actor_id=actor.pk if actor else None,
                payload=payload,
            )


def follow(ticket: Ticket, *, actor: User, on: bool) -> None:
    """Follow or stop following a ticket (staff)."""
    policies.may_work(actor).require()
    if on:
        add_participants(ticket, [actor], actor=actor, role=ParticipantRole.FOLLOWER)
    else:
        remove_participant(ticket, actor, actor=actor)


def log_time(
    ticket: Ticket,
    *,
    actor: User,
    seconds: int,
    note: str = "",
    started_at: datetime | None = None,
) -> HandleTime:
    """Record working time of ``actor``, 1 second to 24 hours. Raises Invalid outside of that."""
    policies.may_work(actor).require()
    if not 0 < seconds <= TIME_MAX.total_seconds():
        told = "From 1 second to 24 hours."
        raise Invalid("This is not a working time.", fields={"seconds": [told]})
    with transaction.atomic():
        locked = lock_ticket(ticket, actor=actor)
        entry = HandleTime.objects.create(
            ticket=locked,
            agent=actor,
            seconds=seconds,
            note=validation.text("note", note, 200),
            started_at=started_at or timezone.now() - timedelta(seconds=seconds),
        )
        payload = {"seconds": seconds, "agent_id": actor.pk, "note": entry.note}
        record(events.TIME_LOGGED, locked.pk, actor_id=actor.pk, payload=payload)
        return entry
