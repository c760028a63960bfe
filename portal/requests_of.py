"""Which tickets the portal shows to whom. Staff see here what they asked for themselves, and nothing else."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest

from core.errors import NotFound
from core.paging import Order
from people.models import User
from tickets.models import (
    OPEN_STATUSES,
    Message,
    Participant,
    ParticipantRole,
    Status,
    Ticket,
    TicketQuerySet,
    Visibility,
)

# By what was said, never by ``updated_at``: that also moves when staff write a note.
_SAID = Greatest(
    "created_at",
    Coalesce("last_customer_message_at", "created_at"),
    Coalesce("last_agent_message_at", "created_at"),
    Coalesce("solved_at", "created_at"),
)
NEWEST = Order("news", "Newest first", _SAID)


def visible(user: User) -> TicketQuerySet:
    """Every request that ``user`` may open on the portal."""
    seen = Ticket.objects.visible_to(user)
    return seen.filter(_own(user)) if user.is_agent else seen


def own(user: User) -> TicketQuerySet:
    """What ``user`` asked for, or is in copy of."""
    return Ticket.objects.visible_to(user).filter(_own(user))


def of_organisation(user: User) -> TicketQuerySet:
    """Everything of the reader's organisation. Raises NotFound for those who may not see it."""
    if not may_see_organisation(user):
        raise NotFound("There is no such page.")
    return Ticket.objects.visible_to(user).filter(organisation=user.organisation_id)


def may_see_organisation(user: User) -> bool:
    """A customer who sees their organisation's requests."""
    return bool(user.sees_organisation and user.organisation_id and not user.is_agent)


def by_number(user: User, number: int) -> Ticket:
    """One request. Raises NotFound for missing and for not visible."""
    found = visible(user).select_related("category", "requester", "merged_into", "follow_up_of").filter(number=number)
    ticket = found.first()
    if ticket is None:
        raise NotFound("There is no such request.")
    return ticket


def awaiting_reader(user: User) -> int:
    """How many of the reader's own requests wait for their answer."""
    mine = Ticket.objects.visible_to(user).filter(requester=user)
    return mine.filter(answered()).count()


def answered() -> Q:
    """It is the customer's turn: as ``words.state_of`` says 'Answered'."""
    ours_last = Q(last_agent_message_at__gt=Coalesce("last_customer_message_at", "created_at"))
    in_work = [status for status in OPEN_STATUSES if status != Status.ON_HOLD]
    return Q(status=Status.PENDING) | Q(status__in=in_work) & ours_last


def filtered(tickets: TicketQuerySet, shown: str) -> TicketQuerySet:
    """``open``: not solved; ``solved``: solved or closed; anything else: all."""
    if shown == "open":
        return tickets.unsolved()
    if shown == "solved":
        return tickets.filter(status__in=[Status.SOLVED, Status.CLOSED])
    return tickets


def last_words(tickets: list[Ticket]) -> dict[int, Message]:
    """Ticket id -> its last public message with its author; one statement."""
    said = Message.objects.filter(ticket__in=[ticket.pk for ticket in tickets], visibility=Visibility.PUBLIC)
    last = (
        said.order_by("ticket_id", "-created_at", "-id")
        .distinct("ticket_id")
        .select_related("author")
        .defer("body", "html")
    )
    return {message.ticket_id: message for message in last}


def _own(user: User) -> Combinable | Q:
    copied = Participant.objects.filter(ticket=OuterRef("pk"), user=user, role=ParticipantRole.CC)
    return Q(requester=user) | Exists(copied)
