"""Signed links from a mail to one ticket, for people without a login.

The token is HMAC-SHA256 signed, bound to ticket, person and act, and expires. It lets the
holder read that ticket's public side and answer; opening the link changes nothing.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.core import signing

from people.models import User
from tickets.models import Ticket

LIFETIME = timedelta(days=30)
_SALT = "tickets.guest_link.view"


@dataclass(frozen=True)
class Guest:
    """Whom a valid link stands for, and the ticket it opens."""

    user: User
    ticket: Ticket


def make_token(ticket: Ticket, user: User) -> str:
    """A token for ``user`` on ``ticket``; valid for ``LIFETIME``."""
    return signing.dumps({"t": ticket.pk, "u": user.pk}, salt=_SALT, compress=False)


def read_token(token: str) -> Guest | None:
    """The guest of a valid token; None when forged, expired, or when the right to see is gone."""
    try:
        content = signing.loads(token, salt=_SALT, max_age=LIFETIME)
        ids = int(content["t"]), int(content["u"])
    except (signing.BadSignature, ValueError, KeyError, TypeError):
        return None
    user = User.objects.active().filter(pk=ids[1]).first()
    if user is None or user.is_agent:  # staff log in; a mail is no way into the desk
        return None
    ticket = Ticket.objects.visible_to(user).filter(pk=ids[0]).first()
    return Guest(user, ticket) if ticket else None
