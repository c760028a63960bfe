"""What a ticket is made of. One file per concern; import from here."""

from tickets.models.configuration import (
    Category,
    CustomField,
    FieldKind,
    FormField,
    Tag,
    TicketForm,
)
from tickets.models.conversation import Attachment, Draft, Message, Visibility
from tickets.models.relations import (
    HandleTime,
    LinkKind,
    Participant,
    ParticipantRole,
    TicketLink,
)
from tickets.models.ticket import (
    ACTIVE_STATUSES,
    OPEN_STATUSES,
    Channel,
    Priority,
    ResolutionType,
    Sentiment,
    Status,
    Ticket,
    TicketQuerySet,
    TicketType,
)

__all__ = [
    "ACTIVE_STATUSES",
    "OPEN_STATUSES",
    "Attachment",
    "Category",
    "Channel",
    "CustomField",
    "Draft",
    "FieldKind",
    "FormField",
    "HandleTime",
    "LinkKind",
    "Message",
    "Participant",
    "ParticipantRole",
    "Priority",
    "ResolutionType",
    "Sentiment",
    "Status",
    "Tag",
    "Ticket",
    "TicketForm",
    "TicketLink",
    "TicketQuerySet",
    "TicketType",
    "Visibility",
]
