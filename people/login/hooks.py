"""What happens at a moment for which allauth has a signal and no method to override."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import authentication_step_completed, email_changed
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.dispatch import Signal, receiver
from django.http import HttpRequest

from people import actions
from people.models import User


@receiver(authentication_step_completed)
def distrust_password(sender: Any, request: HttpRequest, user: User, method: str, **kwargs: Any) -> None:
    """The owner of the mailbox comes by code to an account that was never confirmed: its password goes.

    Anybody could have signed up with their address, and would get in by that password once it is confirmed.
    """
    if method != "code" or not user.has_usable_password():
        return
    if not EmailAddress.objects.filter(user=user, verified=True).exists():
        actions.forget_password(user, actor=user)


@receiver(email_changed)
def record_new_address(
    sender: Any,
    request: HttpRequest,
    user: User,
    from_email_address: EmailAddress | None,
    to_email_address: EmailAddress,
    **kwargs: Any,
) -> None:
    """allauth has moved the user to a new, confirmed address; the log must know."""
    old = from_email_address.email if from_email_address else ""
    if old != to_email_address.email:
        actions.record_address_change(user, old, to_email_address.email, actor=user)


_WORDS = {authenticator_added: "added", authenticator_removed: "removed", authenticator_reset: "made anew"}


@receiver(list(_WORDS))
def record_second_factor(signal: Signal, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """allauth has stored or removed somebody's own app, key or recovery codes; the log must know."""
    actions.record_second_factor(user, authenticator.type, _WORDS[signal], actor=user)
