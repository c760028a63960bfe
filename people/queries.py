"""Reads across people."""

from django.db.models import QuerySet
from django.utils import timezone

from people.models import ApiToken, Organisation, Team, User, UserQuerySet
from people.tokens import digest_of


def visible_users(viewer: User | None) -> UserQuerySet:
    """The users somebody may see: staff everybody, a customer themselves, nobody else anyone."""
    users = User.objects.all()
    if viewer is None or not viewer.is_active:
        return users.none()
    return users if viewer.is_agent else users.filter(pk=viewer.pk)


def visible_organisations(viewer: User | None) -> QuerySet[Organisation]:
    """The organisations somebody may see: staff all, a customer their own."""
    organisations = Organisation.objects.all()
    if viewer is None or not viewer.is_active:
        return organisations.none()
    return organisations if viewer.is_agent else organisations.filter(people=viewer)


def led_teams(user: User) -> QuerySet[Team]:
    """The active teams a user leads."""
    return Team.objects.filter(is_active=True, memberships__user=user, memberships__leads=True)


def find_token(clear_text: str) -> ApiToken | None:
    """The live token of that clear text, its user loaded; None when unknown, revoked, expired or of a lost user.

    The look-up is by digest, so its time tells nothing about how much of a guess was right.
    """
    token = ApiToken.objects.select_related("user__organisation").filter(digest=digest_of(clear_text)).first()
    if token is None or token.revoked_at or not token.user.is_active:
        return None
    return None if token.expires_at and token.expires_at <= timezone.now() else token
