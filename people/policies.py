"""May X do Y to Z among people. The actor None is the system and may do everything."""

from core.policies import Allowed, Denied, Result
from people.models import Role, Team, User


def may_manage_people(actor: User | None) -> Result:
    """Create and change staff, teams and skills: admins."""
    if actor is None or (actor.is_active and actor.role == Role.ADMIN):
        return Allowed()
    return Denied("Only admins manage people.")


def may_manage_customers(actor: User | None) -> Result:
    """Create and change customers and organisations: all staff."""
    if actor is None or (actor.is_active and actor.is_agent):
        return Allowed()
    return Denied("Only staff manage customers and organisations.")


def may_create_user(actor: User | None, role: str) -> Result:
    """Staff may create customers; admins anybody."""
    return may_manage_customers(actor) if role == Role.CUSTOMER else may_manage_people(actor)


def may_see_user(actor: User | None, user: User) -> Result:
    """Staff see everybody; a customer sees themselves. A refusal does not tell that the user exists."""
    if actor is None or (actor.is_active and (actor.is_agent or actor.pk == user.pk)):
        return Allowed()
    return Denied("There is no such person.", code="not_found")


def may_update_user(actor: User | None, user: User, fields: set[str]) -> Result:
    """Admins change everything; staff what is a customer's; everybody their own profile."""
    if may_manage_people(actor):
        return Allowed()
    if actor is None or not actor.is_active:
        return Denied("This account is deactivated.")
    allowed: set[str] = set()
    if actor.pk == user.pk:
        allowed |= OWN_FIELDS
    if actor.is_agent and user.role == Role.CUSTOMER:
        allowed |= CUSTOMER_FIELDS
    if fields <= allowed:
        return Allowed()
    if not allowed:
        seen = may_see_user(actor, user)
        return Denied("You may not change this person.") if seen else seen
    return Denied(f"You may not change: {', '.join(sorted(fields - allowed))}.")


OWN_FIELDS = {"name", "phone", "time_zone", "language", "theme", "signature"}
CUSTOMER_FIELDS = {
    "name", "email", "phone", "organisation", "sees_organisation", "is_vip", "notes", "time_zone", "language",
    "external_id",
}  # fmt: skip


def may_set_availability(actor: User | None, user: User) -> Result:
    """One's own; a lead for members of the teams they lead; managers and admins for all staff."""
    if not user.is_agent:
        return Denied("Only staff have an availability.")
    if actor is None or (actor.is_active and (actor.pk == user.pk or actor.is_overseer)):
        return Allowed()
    leads = Team.objects.filter(memberships__user=actor, memberships__leads=True)
    if actor.is_active and actor.is_agent and leads.filter(memberships__user=user).exists():
        return Allowed()
    return Denied("You may not change this person's availability.")


def may_manage_team(actor: User | None, team: Team) -> Result:
    """Managers and admins, and the team's own leads."""
    if actor is None or (actor.is_active and actor.is_overseer):
        return Allowed()
    if actor.is_active and actor.is_agent and team.memberships.filter(user=actor, leads=True).exists():
        return Allowed()
    return Denied("Only the team's leads, managers and admins change it.")


def may_manage_tokens(actor: User | None, user: User) -> Result:
    """Staff hold tokens. Admins make and revoke anybody's, the others their own."""
    if actor is None or (actor.is_active and (actor.role == Role.ADMIN or (actor.is_agent and actor.pk == user.pk))):
        return Allowed()
    return Denied("You may not manage this person's API tokens.")
