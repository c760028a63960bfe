"""Who may do what with the outbox."""

from core.policies import Allowed, Denied, Result
from people.models import Role, User


def may_manage_outbox(actor: User | None) -> Result:
    """Retry, release and cancel mails: admins, and the system itself (None)."""
    if actor is None or (actor.is_active and actor.role == Role.ADMIN):
        return Allowed()
    return Denied("Only admins manage the outbox.")
