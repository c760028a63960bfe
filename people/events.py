"""What people records. A change is `{"field": [old, new]}`; of long texts only the names are kept."""

from core.event_log import event_kind

_CHANGED = ("changes", "texts")

USER_CREATED = event_kind(
    "user.created", subject="user", label="User created", payload=("email", "name", "role", "organisation_id")
)
USER_UPDATED = event_kind("user.updated", subject="user", label="User changed", payload=_CHANGED)
USER_DEACTIVATED = event_kind(
    "user.deactivated", subject="user", label="User deactivated", payload=("sessions_ended", "tokens_revoked")
)
USER_REACTIVATED = event_kind("user.reactivated", subject="user", label="User reactivated")
USER_PASSWORD_CHANGED = event_kind("user.password_changed", subject="user", label="Password changed")
USER_SECOND_FACTOR_CHANGED = event_kind(
    "user.second_factor_changed", subject="user", label="Second factor changed", payload=("type", "what")
)
USER_SECOND_FACTOR_RESET = event_kind(
    "user.second_factor_reset", subject="user", label="Second factor removed", payload=("types",)
)
USER_AVAILABILITY_CHANGED = event_kind(
    "user.availability_changed", subject="user", label="Availability changed", payload=("old", "new")
)
USER_SKILLS_CHANGED = event_kind("user.skills_changed", subject="user", label="Skills changed", payload=("old", "new"))

ORGANISATION_CREATED = event_kind(
    "organisation.created", subject="organisation", label="Organisation created", payload=("name", "domains")
)
ORGANISATION_UPDATED = event_kind(
    "organisation.updated", subject="organisation", label="Organisation changed", payload=_CHANGED
)

TIER_CREATED = event_kind(
    "customer_tier.created", subject="customer_tier", label="Customer tier created", payload=("key", "name", "rank")
)
TIER_UPDATED = event_kind(
    "customer_tier.updated", subject="customer_tier", label="Customer tier changed", payload=_CHANGED
)

TEAM_CREATED = event_kind("team.created", subject="team", label="Team created", payload=("key", "name"))
TEAM_UPDATED = event_kind("team.updated", subject="team", label="Team changed", payload=_CHANGED)
TEAM_MEMBERS_CHANGED = event_kind(
    "team.members_changed", subject="team", label="Team members changed", payload=("old", "new")
)

SKILL_CREATED = event_kind("skill.created", subject="skill", label="Skill created", payload=("key", "name"))
SKILL_UPDATED = event_kind("skill.updated", subject="skill", label="Skill changed", payload=_CHANGED)

TOKEN_CREATED = event_kind(
    "api_token.created",
    subject="api_token",
    label="API token created",
    payload=("user_id", "name", "prefix", "scopes", "expires_at"),
)
TOKEN_REVOKED = event_kind(
    "api_token.revoked", subject="api_token", label="API token revoked", payload=("user_id", "prefix")
)
