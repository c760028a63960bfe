"""Which events on tickets become notices, and for whom. Nobody hears of what they did, or of what they may not see."""

from collections.abc import Iterable

from core.consumers import consumer
from core.models import Event
from notifications import kinds
from notifications.actions import notify
from people.models import User
from tickets import events
from tickets.models import ParticipantRole, Ticket, Visibility


@consumer("notifications.assigned", kinds=[events.TICKET_CREATED, events.ASSIGNED])
def tell_assignee(event: Event) -> None:
    """A ticket was given to somebody, when it was opened or later."""
    assignee = event.payload.get("assignee_id")
    if isinstance(assignee, list):  # [old, new]
        assignee = assignee[1]
    if assignee is not None:
        _tell(
            event,
            [assignee],
            kinds.ASSIGNED,
            "{who} assigned {ticket} to you",
            "{ticket} was assigned to you",
        )


@consumer("notifications.replied", kinds=[events.MESSAGE_ADDED])
def tell_of_reply(event: Event) -> None:
    """A customer wrote on a ticket: its assignee and its followers hear of it."""
    if event.payload.get("by_staff") or event.payload.get("visibility") != Visibility.PUBLIC:
        return
    ticket = Ticket.objects.filter(pk=event.subject_id).first()
    if ticket is not None:
        followers = ticket.participants.filter(role=ParticipantRole.FOLLOWER).values_list("user_id", flat=True)
        people = [*followers, ticket.assignee_id]
        _tell(
            event,
            people,
            kinds.REPLIED,
            "{who} replied on {ticket}",
            "New reply on {ticket}",
        )


@consumer("notifications.mentioned", kinds=[events.MENTIONED])
def tell_mentioned(event: Event) -> None:
    """Somebody was named in a note."""
    people = event.payload.get("user_ids", [])
    _tell(
        event,
        people,
        kinds.MENTIONED,
        "{who} mentioned you on {ticket}",
        "You were mentioned on {ticket}",
    )


def _tell(
    event: Event,
    user_ids: Iterable[int | None],
    kind: kinds.NoticeKind,
    text: str,
    without_who: str,
) -> None:
    """Give those of the staff who may see the ticket a notice. without_who: the text when the machine did it."""
    ticket = Ticket.objects.filter(pk=event.subject_id).first()
    staff = User.objects.active().staff().filter(pk__in={pk for pk in user_ids if pk is not None})
    who = User.objects.filter(pk=event.actor_id).first() if event.actor_id else None
    people = [user for user in staff if _sees(user, event.subject_id)]
    if ticket is None or not people:
        return
    # Replaced and not formatted: names and subjects may hold braces.
    line = (text if who else without_who).replace("{ticket}", f"#{ticket.number} {ticket.subject}", 1)
    line = line.replace("{who}", who.display_name, 1) if who else line
    notify(people, kind.key, line, ticket.get_absolute_url(), event)


def _sees(user: User, ticket_id: int) -> bool:
    return bool(Ticket.objects.visible_to(user).filter(pk=ticket_id).exists())
