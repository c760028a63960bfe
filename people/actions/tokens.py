"""API tokens: made, revoked, seen in use."""

import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from core.errors import Invalid
from core.event_log import record
from people import events, policies
from people.actions.changes import actor_id, locked, validate
from people.models import ApiToken, User
from people.tokens import digest_of

_SCOPE = re.compile(r"[a-z][a-z_]{0,30}(:[a-z][a-z_]{0,8})?|\*")


@transaction.atomic
def create_api_token(
    user: User, scopes: Iterable[str], name: str = "", *, actor: User | None, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """A token for a user, and its clear text, which is kept nowhere. Raises Invalid, NotAllowed."""
    policies.may_manage_tokens(actor, user).require()
    wanted = sorted(set(scopes))
    bad = [scope for scope in wanted if not _SCOPE.fullmatch(scope)]
    if bad:
        raise Invalid(f"Not a scope: {', '.join(bad)[:200]}.", fields={"scopes": ["Unknown scope."]})
    if not user.is_active:
        raise Invalid("A deactivated user gets no token.", fields={"user": ["This user is deactivated."]})
    if expires_at is not None and expires_at <= timezone.now():
        raise Invalid("The token would have expired already.", fields={"expires_at": ["Choose a later moment."]})
    clear = f"hd_{secrets.token_urlsafe(32)}"
    token = ApiToken(
        user=user, name=name.strip(), prefix=clear[:11], digest=digest_of(clear), scopes=wanted, expires_at=expires_at
    )
    validate(token, only=("name",))
    token.save(force_insert=True)
    payload = {
        "user_id": user.pk, "name": token.name, "prefix": token.prefix, "scopes": wanted, "expires_at": expires_at,
    }  # fmt: skip
    record(events.TOKEN_CREATED, token.pk, actor_id=actor_id(actor), payload=payload)
    return token, clear


@transaction.atomic
def revoke_api_token(token: ApiToken, *, actor: User | None) -> ApiToken:
    """End a token's life at once. Raises NotAllowed, NotFound."""
    policies.may_manage_tokens(actor, token.user).require()
    row = locked(token)
    if row.revoked_at is None:
        row.revoked_at = timezone.now()
        row.save(update_fields=["revoked_at"])
        payload = {"user_id": row.user_id, "prefix": row.prefix}
        record(events.TOKEN_REVOKED, row.pk, actor_id=actor_id(actor), payload=payload)
    return row


def touch_api_token(token: ApiToken) -> None:
    """Note that a token is in use, at most once a minute. Not an event: it says nothing about the house."""
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - timedelta(minutes=1))
    if token.last_used_at is None or token.last_used_at < now - timedelta(minutes=1):
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
