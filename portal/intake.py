"""Who a message from the portal's form is from.

Nobody has proved an address that is only typed in. For a customer's address that is as good as an e-mail's From: the
ticket is theirs, the acknowledgement goes to them. It is not good enough to speak as one of our own people, or as
somebody whose account was switched off. Refusing would tell strangers which addresses those are; so the message is
accepted in the same words, but for a stand-in customer whose name says what is known. A stand-in cannot log in and no
mail goes to it (RFC 2606 reserves .invalid).
"""

from __future__ import annotations

from people.actions import ensure_customer
from people.models import User

STAND_IN_DOMAIN = "unconfirmed.invalid"


def sender(email: str, name: str) -> User:
    """The customer for a typed-in address. Raises Invalid for a bad one."""
    user = ensure_customer(email, name, actor=None)
    if user.is_active and not user.is_agent:
        return user
    return ensure_customer(f"sender-{user.pk}@{STAND_IN_DOMAIN}", f"Not confirmed: {user.email}", actor=None)
