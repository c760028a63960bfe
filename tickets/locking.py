"""Locks, always in the order team, ticket, clock; tickets among themselves by id."""

from collections.abc import Iterable

from core.errors import NotFound
from people.models import User
from tickets.models import Ticket


def lock_tickets(ids: Iterable[int], *, actor: User | None) -> list[Ticket]:
    """The tickets, locked until the transaction ends, in id order.

    Raises NotFound when one does not exist or ``actor`` may not see it (None, the system, sees all)."""
    wanted = sorted(set(ids))
    visible = Ticket.objects.all() if actor is None else Ticket.objects.visible_to(actor)
    tickets = list(visible.filter(pk__in=wanted).order_by("pk").select_for_update(of=("self",), no_key=True))
    if len(tickets) != len(wanted):
        raise NotFound("There is no such ticket.", missing=len(wanted) - len(tickets))
    return tickets


def lock_ticket(ticket: Ticket, *, actor: User | None) -> Ticket:
    """One ticket, fresh and locked; see ``lock_tickets``."""
    return lock_tickets([ticket.pk], actor=actor)[0]
