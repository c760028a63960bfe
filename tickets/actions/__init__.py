"""The verbs. Each takes a keyword-only ``actor`` (None is the system), runs in one transaction:
lock, check, write, record the event. Faces, imports and consumers call nothing else to change a ticket."""

from tickets.actions.attaching import discard_upload, forget_uploads, store_upload
from tickets.actions.changing import change_ticket, change_tickets
from tickets.actions.configuring import delete_configuration, save_configuration
from tickets.actions.creating import (
    NewMessage,
    NewTicket,
    create_ticket,
    create_tickets,
)
from tickets.actions.drafting import discard_draft, save_draft
from tickets.actions.merging import merge_tickets, split_ticket
from tickets.actions.relating import (
    add_participants,
    follow,
    link_tickets,
    log_time,
    remove_participant,
    unlink_tickets,
)
from tickets.actions.replying import add_message, open_follow_up

__all__ = [
    "NewMessage",
    "NewTicket",
    "add_message",
    "add_participants",
    "change_ticket",
    "change_tickets",
    "create_ticket",
    "create_tickets",
    "delete_configuration",
    "discard_draft",
    "discard_upload",
    "follow",
    "forget_uploads",
    "link_tickets",
    "log_time",
    "merge_tickets",
    "open_follow_up",
    "remove_participant",
    "save_configuration",
    "save_draft",
    "split_ticket",
    "store_upload",
    "unlink_tickets",
]
