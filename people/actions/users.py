"""Users: made, changed, deactivated."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from core.errors import Conflict, Invalid
from core.event_log import record
from people import events, policies
from people.actions.changes import actor_id, change, check_known, locked, validate
from people.actions.customers import clean_email
from people.models import STAFF_ROLES, ApiToken, Availability, Membership, Role, User

EDITABLE = policies.OWN_FIELDS | policies.CUSTOMER_FIELDS | {"role", "capacity"}
TEXTS = ("notes", "signature")


@transaction.atomic
def create_user(
    email: str,
    *,
    actor: User | None,
    name: str = "",
    role: str = Role.CUSTOMER,
    password: str | None = None,
    **fields: Any,
) -> User:
    """A new user. Without a password they log in by mailed code (or set one by way of it).

    The address of a user who is made with a password, or as staff, counts as verified: the creator vouches for it.
    fields: any of EDITABLE. Raises Invalid (taken or bad address, weak password, unknown field), NotAllowed.
    """
    policies.may_create_user(actor, role).require()
    check_known(fields, EDITABLE)
    user = User(email=clean_email(email), name=name.strip(), role=role, **fields)
    if password is not None:
        _check_password(password, user)
    user.set_password(password)
    validate(user)
    user.save(force_insert=True)
    vouched = password is not None or role in STAFF_ROLES
    EmailAddress.objects.create(user=user, email=user.email, verified=vouched, primary=True)
    payload = {"email": user.email, "name": user.name, "role": user.role, "organisation_id": user.organisation_id}
    record(events.USER_CREATED, user.pk, actor_id=actor_id(actor), payload=payload)
    return user


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), fields={"password": error.messages}) from None


@transaction.atomic
def update_user(user: User, *, actor: User | None, **changes: Any) -> User:
    """Change the given fields (of EDITABLE) and return the user as stored.

    A new address is verified by its next use. Somebody who stops being staff leaves their teams and loses their
    tokens. Raises Invalid, NotAllowed, NotFound, Conflict (the last admin).
    """
    check_known(changes, EDITABLE)
    policies.may_update_user(actor, user, set(changes)).require()
    row = locked(user)
    policies.may_update_user(actor, row, set(changes)).require()
    if "email" in changes:
        changes["email"] = clean_email(changes["email"])
    before = row.email, row.role
    if changes.get("role", row.role) != Role.ADMIN:
        _keep_an_admin(row)
    payload = change(row, changes, texts=TEXTS)
    if payload is None:
        return row
    if row.email != before[0]:
        EmailAddress.objects.filter(user=row).delete()
        EmailAddress.objects.create(user=row, email=row.email, verified=row.is_agent, primary=True)
    if before[1] in STAFF_ROLES and row.role == Role.CUSTOMER:
        _leave_staff(row, actor)
    record(events.USER_UPDATED, row.pk, actor_id=actor_id(actor), payload=payload)
    return row


def _keep_an_admin(user: User) -> None:
    """Raise Conflict when this is the only active admin. Locks all admins, so that two cannot leave at once."""
    if user.role != Role.ADMIN or not user.is_active:
        return
    admins = User.objects.select_for_update().filter(role=Role.ADMIN, is_active=True).order_by("pk")
    if not any(admin.pk != user.pk for admin in admins):
        raise Conflict("This is the last admin: make another one first.", code="last_admin")


def _leave_staff(user: User, actor: User | None) -> None:
    for membership in Membership.objects.filter(user=user).select_related("team"):
        old = sorted(membership.team.memberships.values_list("user_id", flat=True))
        membership.delete()
        payload = {"old": {"members": old}, "new": {"members": [pk for pk in old if pk != user.pk]}}
        record(events.TEAM_MEMBERS_CHANGED, membership.team_id, actor_id=actor_id(actor), payload=payload)
    _revoke_tokens(user)


def _revoke_tokens(user: User) -> int:
    return ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())


@transaction.atomic
def set_password(user: User, password: str, *, actor: User | None) -> None:
    """Store a new password; all sessions but the one that the caller keeps alive end with it. Raises Invalid."""
    if actor is None or actor.pk != user.pk:
        policies.may_manage_people(actor).require()
    _check_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    record(events.USER_PASSWORD_CHANGED, user.pk, actor_id=actor_id(actor))


@transaction.atomic
def forget_password(user: User, *, actor: User | None) -> None:
    """No password any more: the user logs in by mailed code until they set one."""
    user.set_unusable_password()
    user.save(update_fields=["password"])
    record(events.USER_PASSWORD_CHANGED, user.pk, actor_id=actor_id(actor))


@transaction.atomic
def reset_second_factor(user: User, *, actor: User | None) -> None:
    """Remove app, keys and recovery codes of somebody who lost them, and end their sessions. Admins only."""
    policies.may_manage_people(actor).require()
    types = sorted(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    if types:
        Authenticator.objects.filter(user=user).delete()
        end_sessions(user)
        record(events.USER_SECOND_FACTOR_RESET, user.pk, actor_id=actor_id(actor), payload={"types": types})


@transaction.atomic
def record_second_factor(user: User, kind: str, what: str, *, actor: User | None) -> None:
    """Record that an app, key or recovery codes (``kind``) of a user were added, removed or made anew (``what``)."""
    payload = {"type": kind, "what": what}
    record(events.USER_SECOND_FACTOR_CHANGED, user.pk, actor_id=actor_id(actor), payload=payload)


@transaction.atomic
def record_address_change(user: User, old: str, new: str, *, actor: User | None) -> None:
    """Record that a user's own, confirmed change of address was stored."""
    payload = {"changes": {"email": [old, new]}}
    record(events.USER_UPDATED, user.pk, actor_id=actor_id(actor), payload=payload)


@transaction.atomic
def deactivate_user(user: User, *, actor: User | None) -> User:
    """No login, no session, no token from now on. Raises NotAllowed, Conflict (oneself, the last admin)."""
    policies.may_create_user(actor, user.role).require()
    if actor is not None and actor.pk == user.pk:
        raise Conflict("You cannot deactivate yourself.", code="oneself")
    row = locked(user)
    if not row.is_active:
        return row
    _keep_an_admin(row)
    row.is_active, row.availability = False, Availability.OFFLINE
    row.save(update_fields=["is_active", "availability"])
    payload = {"sessions_ended": end_sessions(row), "tokens_revoked": _revoke_tokens(row)}
    record(events.USER_DEACTIVATED, row.pk, actor_id=actor_id(actor), payload=payload)
    return row


def end_sessions(user: User) -> int:
    """End all sessions of a user; how many there were."""
    sessions = list(UserSession.objects.filter(user=user))
    for session in sessions:
        session.end()
    return len(sessions)


@transaction.atomic
def reactivate_user(user: User, *, actor: User | None) -> User:
    """Let a deactivated user log in again; their old tokens stay revoked. Raises NotAllowed."""
    policies.may_create_user(actor, user.role).require()
    row = locked(user)
    if not row.is_active:
        row.is_active = True
        row.save(update_fields=["is_active"])
        record(events.USER_REACTIVATED, row.pk, actor_id=actor_id(actor))
    return row


@transaction.atomic
def set_availability(user: User, availability: str, *, actor: User | None) -> User:
    """Available, busy, away or offline. Raises Invalid, NotAllowed."""
    policies.may_set_availability(actor, user).require()
    if availability not in Availability.values:
        raise Invalid(
            f"Availability is one of: {', '.join(Availability.values)}.", fields={"availability": ["Unknown."]}
        )
    row = locked(user)
    old = row.availability
    if old != availability:
        row.availability, row.availability_changed_at = availability, timezone.now()
        row.save(update_fields=["availability", "availability_changed_at"])
        payload = {"old": old, "new": availability}
        record(events.USER_AVAILABILITY_CHANGED, row.pk, actor_id=actor_id(actor), payload=payload)
    return row
