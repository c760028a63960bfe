"""What this app records. Subject is always the ticket; payloads carry raw values, old before new."""

from core.event_log import event_kind

TICKET_CREATED = event_kind(
    "ticket.created",
    subject="ticket",
    label="Ticket created",
    payload=(
        "number", "channel", "status", "priority", "type", "category_id", "team_id", "assignee_id",
        "requester_id", "organisation_id", "tags", "form_id", "source_key", "message_id",
    ),
    customer_visible=True,
)  # fmt: skip
STATUS_CHANGED = event_kind(
    "ticket.status_changed",
    subject="ticket",
    label="Status changed",
    payload=("from", "to", "reason", "message_id"),
    customer_visible=True,
)
ASSIGNED = event_kind(
    "ticket.assigned",
    subject="ticket",
    label="Assigned",
    payload=("team_id", "assignee_id"),
)
CHANGED = event_kind("ticket.changed", subject="ticket", label="Fields changed", payload=("changes",))
TAGGED = event_kind(
    "ticket.tagged",
    subject="ticket",
    label="Tags changed",
    payload=("added", "removed"),
)
MESSAGE_ADDED = event_kind(
    "message.added",
    subject="ticket",
    label="Message added",
    payload=(
        "message_id",
        "visibility",
        "by_staff",
        "first_response",
        "attachments",
        "author_id",
    ),
)
MENTIONED = event_kind(
    "ticket.mentioned",
    subject="ticket",
    label="People mentioned",
    payload=("message_id", "user_ids"),
)
PARTICIPANTS_CHANGED = event_kind(
    "ticket.participants_changed",
    subject="ticket",
    label="People in copy changed",
    payload=("added", "removed", "role"),
)
MERGED = event_kind(
    "ticket.merged",
    subject="ticket",
    label="Merged",
    payload=("into_id", "from_id", "message_ids", "same_requester"),
)
SPLIT = event_kind(
    "ticket.split",
    subject="ticket",
    label="Split",
    payload=("into_id", "from_id", "message_ids"),
)
LINKED = event_kind(
    "ticket.linked",
    subject="ticket",
    label="Linked",
    payload=("kind", "source_id", "target_id"),
)
UNLINKED = event_kind(
    "ticket.unlinked",
    subject="ticket",
    label="Link removed",
    payload=("kind", "source_id", "target_id"),
)
TIME_LOGGED = event_kind(
    "ticket.time_logged",
    subject="ticket",
    label="Handle time logged",
    payload=("seconds", "agent_id", "note"),
)
FOLLOWED_UP = event_kind(
    "ticket.followed_up",
    subject="ticket",
    label="Follow-up opened",
    payload=("follow_up_id",),
    customer_visible=True,
)
CONFIGURATION_CHANGED = event_kind(
    "tickets.configuration_changed",
    subject="configuration",
    label="Ticket configuration changed",
    payload=("model", "key", "changes", "deleted", "created"),
)
