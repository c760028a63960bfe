"""What this app does when something happened to a ticket: tell its customer by mail."""

from core.consumers import consumer
from core.models import Event
from tickets import events, mailing
from tickets.models import Channel, LinkKind, Message, Ticket, Visibility

ACKNOWLEDGED = frozenset({Channel.PORTAL, Channel.EMAIL, Channel.API, Channel.WEB})


@consumer("tickets.acknowledge", kinds=[events.TICKET_CREATED])
def acknowledge(event: Event) -> None:
    """A new ticket: its requester gets the number and a signed link. Not for what was split off another one."""
    if event.payload.get("channel") not in ACKNOWLEDGED:
        return
    ticket = Ticket.objects.select_related("requester").filter(pk=event.subject_id).first()
    if ticket is None or ticket.links_out.filter(kind=LinkKind.SPLIT).exists():
        return
    on_behalf = event.actor_id is not None and event.actor_id != ticket.requester_id
    mailing.mail_acknowledgement(event, ticket, on_behalf=on_behalf)


@consumer("tickets.mail_reply", kinds=[events.MESSAGE_ADDED], automatic=False)
def mail_reply(event: Event) -> None:
    """An agent's public reply goes out by mail. Judged by the message itself: a note is never mailed."""
    if event.payload.get("visibility") != Visibility.PUBLIC or not event.payload.get("by_staff"):
        return
    messages = Message.objects.select_related("ticket__requester", "author").prefetch_related("attachments")
    message = messages.filter(pk=event.payload.get("message_id")).first()
    if message is not None and message.visibility == Visibility.PUBLIC and message.by_staff:
        mailing.mail_reply(event, message)
