"""Teams, who is in them, and what people know."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from core.errors import Invalid
from core.event_log import record
from people import events, policies
from people.actions.changes import actor_id, change, check_known, locked, validate
from people.models import Membership, Skill, Team, User, UserSkill

FIELDS = {"key", "name", "tier_level", "closed", "description", "is_active"}


@transaction.atomic
def create_team(key: str, name: str, *, actor: User | None, **fields: Any) -> Team:
    """A new team. fields: tier_level, closed, description, is_active. Raises Invalid, NotAllowed."""
    policies.may_manage_people(actor).require()
    check_known(fields, FIELDS)
    team = Team(key=key, name=name, **fields)
    validate(team)
    team.save(force_insert=True)
    record(events.TEAM_CREATED, team.pk, actor_id=actor_id(actor), payload={"key": key, "name": name})
    return team


@transaction.atomic
def update_team(team: Team, *, actor: User | None, **changes: Any) -> Team:
    """Change the given fields. Raises Invalid, NotAllowed, NotFound."""
    policies.may_manage_team(actor, team).require()
    check_known(changes, FIELDS)
    row = locked(team)
    payload = change(row, changes, texts=("description",))
    if payload:
        record(events.TEAM_UPDATED, row.pk, actor_id=actor_id(actor), payload=payload)
    return row


@transaction.atomic
def set_members(team: Team, members: Iterable[User], *, actor: User | None, leads: Iterable[User] = ()) -> None:
    """Make exactly these the team's members; the leads are members too. Raises Invalid (not staff), NotAllowed."""
    policies.may_manage_team(actor, team).require()
    row = locked(team)
    leading = {user.pk for user in leads}
    people = {user.pk: user for user in [*members, *leads]}
    outsiders = sorted(user.email for user in people.values() if not user.is_agent or not user.is_active)
    if outsiders:
        message = f"Only active staff are in teams, not: {', '.join(outsiders)}."
        raise Invalid(message, fields={"members": [message]})
    old = dict(row.memberships.values_list("user_id", "leads"))
    new = {pk: pk in leading for pk in people}
    if old == new:
        return
    row.memberships.exclude(user_id__in=new).delete()
    Membership.objects.bulk_create(
        [Membership(team=row, user_id=pk, leads=leads_) for pk, leads_ in new.items()],
        update_conflicts=True,
        unique_fields=["team", "user"],
        update_fields=["leads"],
    )
    payload = {"old": _members(old), "new": _members(new)}
    record(events.TEAM_MEMBERS_CHANGED, row.pk, actor_id=actor_id(actor), payload=payload)


def _members(leads_by_user: Mapping[int, bool]) -> dict[str, list[int]]:
    return {
        "members": sorted(leads_by_user),
        "leads": sorted(pk for pk, leads in leads_by_user.items() if leads),
    }


@transaction.atomic
def create_skill(key: str, name: str, *, actor: User | None) -> Skill:
    """A new skill. Raises Invalid, NotAllowed."""
    policies.may_manage_people(actor).require()
    skill = Skill(key=key, name=name)
    validate(skill)
    skill.save(force_insert=True)
    record(events.SKILL_CREATED, skill.pk, actor_id=actor_id(actor), payload={"key": key, "name": name})
    return skill


@transaction.atomic
def update_skill(skill: Skill, *, actor: User | None, **changes: Any) -> Skill:
    """Change key or name. Raises Invalid, NotAllowed, NotFound."""
    policies.may_manage_people(actor).require()
    check_known(changes, {"key", "name"})
    row = locked(skill)
    payload = change(row, changes)
    if payload:
        record(events.SKILL_UPDATED, row.pk, actor_id=actor_id(actor), payload=payload)
    return row


@transaction.atomic
def set_skills(user: User, levels: Mapping[str, int], *, actor: User | None) -> None:
    """Make exactly these a user's skills: skill key -> level 1 to 5. Raises Invalid, NotAllowed."""
    policies.may_manage_people(actor).require()
    row = locked(user)
    skills = {skill.key: skill for skill in Skill.objects.filter(key__in=levels)}
    unknown = sorted(set(levels) - set(skills))
    bad = sorted(key for key, level in levels.items() if level not in range(1, 6))
    if unknown or bad or not row.is_agent:
        message = (
            f"Unknown skill: {', '.join(unknown)}." if unknown
            else f"A level is 1 to 5: {', '.join(bad)}." if bad
            else "Only staff have skills."
        )  # fmt: skip
        raise Invalid(message, fields={"skills": [message]})
    old = dict(row.skills.values_list("skill__key", "level"))
    if old == dict(levels):
        return
    row.skills.exclude(skill__key__in=levels).delete()
    UserSkill.objects.bulk_create(
        [UserSkill(user=row, skill=skills[key], level=level) for key, level in levels.items()],
        update_conflicts=True,
        unique_fields=["user", "skill"],
        update_fields=["level"],
    )
    payload = {"old": old, "new": dict(levels)}
    record(events.USER_SKILLS_CHANGED, row.pk, actor_id=actor_id(actor), payload=payload)
