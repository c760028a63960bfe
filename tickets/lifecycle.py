"""The life cycle as one table, over the status that people see.

``escalated`` is shown while an escalation is active and we have to act; it is kept as
a flag, so that waiting for the customer and back does not lose it.
"""

from datetime import datetime

from core.errors import Conflict
from tickets.models import Status, Ticket

TRANSITIONS: dict[str, frozenset[str]] = {
    Status.NEW: frozenset({"open", "pending", "on_hold", "escalated", "solved"}),
    Status.OPEN: frozenset({"pending", "on_hold", "escalated", "solved"}),
    Status.PENDING: frozenset({"open", "on_hold", "escalated", "solved"}),
    Status.ON_HOLD: frozenset({"open", "pending", "escalated", "solved"}),
    Status.ESCALATED: frozenset({"open", "pending", "on_hold", "solved"}),
    Status.SOLVED: frozenset({"open", "closed"}),
    Status.CLOSED: frozenset(),
}


def next_statuses(ticket: Ticket) -> list[str]:
    """The statuses this ticket may go to, in life-cycle order."""
    allowed = TRANSITIONS[ticket.shown_status]
    return [status for status in Status.values if status in allowed]


def move(ticket: Ticket, to: str, *, at: datetime) -> tuple[str, str]:
    """Set the ticket's status and the moments that hang on it (nothing is saved).

    Returns the shown status before and after. Raises Conflict when the table does not allow it."""
    before = ticket.shown_status
    if to not in TRANSITIONS[before]:
        raise Conflict(
            f"A ticket that is {Status(before).label.lower()} cannot become {Status(to).label.lower()}.",
            code="transition_not_allowed",
            fields={"status": [_reason(before, to)]},
        )
    _set(ticket, to, at)
    return before, ticket.shown_status


def _reason(before: str, to: str) -> str:
    if before == Status.CLOSED:
        return "This ticket is closed. Open a follow-up ticket instead."
    allowed = ", ".join(Status(status).label for status in Status.values if status in TRANSITIONS[before])
    return f"From {Status(before).label} a ticket can go to: {allowed}."


def _set(ticket: Ticket, to: str, at: datetime) -> None:
    if ticket.status == Status.SOLVED and to == Status.OPEN:
        ticket.reopen_count += 1
    if to == Status.ESCALATED:
        ticket.escalated, ticket.status = True, Status.OPEN
    else:
        ticket.status = to
    if to in (Status.OPEN, Status.SOLVED):
        ticket.escalated = False
    if to == Status.SOLVED:
        ticket.solved_at = at
    elif to == Status.CLOSED:
        ticket.closed_at = at
    else:
        ticket.solved_at = None
