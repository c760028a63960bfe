"""May this person do this to that ticket? Who may *see* a ticket is ``Ticket.objects.visible_to``."""

from core.policies import Allowed, Denied, Result
from people.models import User
from tickets.models import Status, Ticket

_STAFF_ONLY = Denied("Only staff can do this.")


def may_create_for(actor: User | None, requester: User) -> Result:
    """Staff for anybody, customers for themselves, the system for all."""
    if not requester.is_active:
        return Denied("This account is deactivated.")
    if actor is None or actor.is_agent or actor.pk == requester.pk:
        return Allowed()
    return Denied("You can only open tickets of your own.")


def may_work(actor: User | None) -> Result:
    """Change fields, note, merge, split, link, log time: staff and the system."""
    return Allowed() if actor is None or actor.is_agent else _STAFF_ONLY


def may_reply(actor: User | None, ticket: Ticket) -> Result:
    """Everybody who sees it; staff can't write into a closed ticket, a customer's reply opens a follow-up."""
    if actor is not None and actor.is_agent and ticket.status == Status.CLOSED:
        return Denied("This ticket is closed. Open a follow-up ticket instead.", "closed")
    return Allowed()


def may_move(actor: User | None, ticket: Ticket, to: str) -> Result:
    """Customers may solve and reopen; the rest of the life cycle is for staff."""
    if actor is None or actor.is_agent:
        return Allowed()
    if to == Status.SOLVED or (to == Status.OPEN and ticket.status == Status.SOLVED):
        return Allowed()
    return Denied("You can mark your ticket solved, or reopen it.")
