"""Changing fields of one ticket or many: one lock, one write, one insert of events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.errors import Conflict
from core.event_log import NewEvent, record_many
from people.models import Membership, Team, User
from tickets import events, lifecycle, policies
from tickets.actions.tagging import tag_ids
from tickets.changes import Changes, clean_changes, refuse_outsider
from tickets.locking import lock_tickets
from tickets.models import Status, Ticket

_MOMENTS = ("status", "escalated", "solved_at", "closed_at", "reopen_count")


def change_ticket(
    ticket: Ticket,
    changes: Mapping[str, Any],
    *,
    actor: User | None,
    version: int | None = None,
    reason: str = "",
) -> Ticket:
    """Change fields of one ticket and return it, fresh. See ``change_tickets``."""
    return change_tickets([ticket.pk], changes, actor=actor, version=version, reason=reason)[0]


def change_tickets(
    ids: Sequence[int],
    changes: Mapping[str, Any],
    *,
    actor: User | None,
    version: int | None = None,
    reason: str = "",
) -> list[Ticket]:
    """Apply the same changes to every ticket; all or none. Nothing to change means nothing recorded.

    ``changes``: status, priority, type, subject, category, team, assignee (objects or None), tags (the whole
    list), add_tags, remove_tags, fields (merged; None empties one), resolution_summary, root_cause,
    resolution_type, sentiment. ``version``: what the person saw; Conflict when a field changed here was changed
    since. Raises Invalid, NotAllowed, NotFound, Conflict."""
    cleaned = clean_changes(changes, actor=actor)
    with transaction.atomic():
        tickets = lock_tickets(ids, actor=actor)
        now = timezone.now()
        members = _memberships(tickets, cleaned)
        tags = _current_tags(tickets, cleaned)
        steps = [_apply(Step(ticket, tags.get(ticket.pk, [])), cleaned, actor, members, now) for ticket in tickets]
        _refuse_outsider(steps, cleaned)
        for step in steps:
            _refuse_stale(step, version)
        _save([step for step in steps if step.touched], now)
        record_many([event for step in steps for event in _events(step, actor, reason)])
        return tickets


@dataclass
class Step:
    """What one ticket's change comes to."""

    ticket: Ticket
    tags: list[str]
    changed: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    added_tags: list[str] = field(default_factory=list)
    removed_tags: list[str] = field(default_factory=list)

    @property
    def touched(self) -> set[str]:
        names = {"fields" if name.startswith("fields.") else name for name in self.changed}
        return names | ({"tags"} if self.added_tags or self.removed_tags else set())

    @property
    def guarded(self) -> set[str]:
        """Names under which versions are kept: each custom field on its own."""
        return set(self.changed) | ({"tags"} if self.added_tags or self.removed_tags else set())


def _memberships(tickets: Sequence[Ticket], cleaned: Changes) -> set[tuple[int, int]]:
    """(team, user) pairs of the current assignees: one statement for the batch."""
    if "team" not in cleaned.values or "assignee" in cleaned.values:
        return set()
    users = {ticket.assignee_id for ticket in tickets if ticket.assignee_id}
    return set(Membership.objects.filter(user__in=users).values_list("team_id", "user_id"))


def _current_tags(tickets: Sequence[Ticket], cleaned: Changes) -> dict[int, list[str]]:
    """Ticket id -> names of its tags, one statement for the batch; only read when tags change."""
    found: dict[int, list[str]] = {}
    if cleaned.changes_tags:
        rows = Ticket.tags.through.objects.filter(ticket__in=tickets).order_by("tag__name")
        for ticket_id, name in rows.values_list("ticket_id", "tag__name"):
            found.setdefault(ticket_id, []).append(name)
    return found


def _apply(step: Step, cleaned: Changes, actor: User | None, members: set[tuple[int, int]], now: datetime) -> Step:
    ticket = step.ticket
    only_status = set(cleaned.values) <= {"status"} and not cleaned.changes_tags and not cleaned.fields
    if not only_status:
        policies.may_work(actor).require()
        if ticket.status == Status.CLOSED:
            raise Conflict("This ticket is closed and stays as it is.", code="closed")
    _apply_status(step, cleaned, actor, now)
    for name, value in cleaned.values.items():
        if name != "status":
            _set(step, name, value)
    _drop_stranger(step, members)
    _apply_fields(step, cleaned)
    _apply_tags(step, cleaned)
    return step


def _apply_status(step: Step, cleaned: Changes, actor: User | None, now: datetime) -> None:
    to = cleaned.values.get("status")
    if to is None or to == step.ticket.shown_status:
        return
    policies.may_move(actor, step.ticket, to).require()
    step.changed["status"] = lifecycle.move(step.ticket, to, at=now)


def _set(step: Step, name: str, value: Any) -> None:
    attribute = f"{name}_id" if name in ("category", "team", "assignee") else name
    before = getattr(step.ticket, attribute)
    after = value.pk if attribute != name and value is not None else value
    if before != after:
        setattr(step.ticket, name, value)
        step.changed[name] = (before, after)


def _drop_stranger(step: Step, members: set[tuple[int, int]]) -> None:
    """A ticket that moves to a team its assignee is not in becomes that team's to assign."""
    ticket = step.ticket
    if "team" not in step.changed or "assignee" in step.changed or not ticket.team_id or not ticket.assignee_id:
        return
    if (ticket.team_id, ticket.assignee_id) not in members:
        _set(step, "assignee", None)


def _apply_fields(step: Step, cleaned: Changes) -> None:
    for key, value in cleaned.fields.items():
        before = step.ticket.fields.get(key)
        if before == value:
            continue
        step.changed[f"fields.{key}"] = (before, value)
        if value is None:
            step.ticket.fields.pop(key, None)
        else:
            step.ticket.fields[key] = value


def _apply_tags(step: Step, cleaned: Changes) -> None:
    if not cleaned.changes_tags:
        return
    current = step.tags
    wanted = list(current if cleaned.tags is None else cleaned.tags)
    wanted += [name for name in cleaned.add_tags if name not in wanted]
    wanted = [name for name in wanted if name not in cleaned.remove_tags]
    step.added_tags = [name for name in wanted if name not in current]
    step.removed_tags = [name for name in current if name not in wanted]


def _refuse_outsider(steps: Sequence[Step], cleaned: Changes) -> None:
    """A closed team's tickets go to its members (a team given in the same change was checked with it)."""
    assignee = cleaned.values.get("assignee")
    if assignee is None or "team" in cleaned.values:
        return
    teams = Team.objects.filter(pk__in={step.ticket.team_id for step in steps}, closed=True)
    for team in teams:
        refuse_outsider(assignee, team)


def _refuse_stale(step: Step, version: int | None) -> None:
    if version is None:
        return
    stale = sorted(name for name in step.guarded if step.ticket.field_versions.get(name, 0) > version)
    if stale:
        names = ", ".join(name.removeprefix("fields.").replace("_", " ") for name in stale)
        raise Conflict(
            f"Somebody else changed {names} in the meantime. Look at the new value, then decide again.",
            code="stale",
            fields={name: ["Changed by somebody else in the meantime."] for name in stale},
            changed=stale,
            version=step.ticket.version,
        )


def _save(steps: Sequence[Step], now: datetime) -> None:
    if not steps:
        return
    columns = {"version", "field_versions", "updated_at"}
    for step in steps:
        ticket = step.ticket
        ticket.version += 1
        ticket.updated_at = now
        ticket.field_versions |= dict.fromkeys(step.guarded, ticket.version)
        columns |= step.touched - {"tags"}
        columns |= set(_MOMENTS) if "status" in step.changed else set()
    if len(steps) == 1:
        steps[0].ticket.save(update_fields=columns)
    else:
        Ticket.objects.bulk_update([step.ticket for step in steps], sorted(columns), batch_size=500)
    _save_tags(steps)


def _save_tags(steps: Sequence[Step]) -> None:
    ids = tag_ids({name for step in steps for name in step.added_tags})
    through = Ticket.tags.through
    rows = [through(ticket_id=step.ticket.pk, tag_id=ids[name]) for step in steps for name in step.added_tags]
    if rows:
        through.objects.bulk_create(rows, ignore_conflicts=True)
    removed = {(step.ticket.pk, name) for step in steps for name in step.removed_tags}
    if removed:
        tagged = through.objects.filter(
            ticket__in={pk for pk, _ in removed}, tag__name__in={name for _, name in removed}
        ).values_list("pk", "ticket_id", "tag__name")
        gone = [pk for pk, ticket_id, name in tagged if (ticket_id, name) in removed]
        through.objects.filter(pk__in=gone).delete()


def _events(step: Step, actor: User | None, reason: str) -> list[NewEvent]:
    found: list[NewEvent] = []
    actor_id = actor.pk if actor else None
    changed = dict(step.changed)

    def add(kind: Any, payload: dict[str, Any]) -> None:
        found.append(NewEvent(kind, step.ticket.pk, actor_id, payload))

    if "status" in changed:
        before, after = changed.pop("status")
        add(events.STATUS_CHANGED, {"from": before, "to": after, "reason": reason})
    assigned = {f"{name}_id": list(changed.pop(name)) for name in ("team", "assignee") if name in changed}
    if assigned:
        add(events.ASSIGNED, assigned)
    if changed:
        add(
            events.CHANGED,
            {"changes": {name: list(pair) for name, pair in changed.items()}},
        )
    if step.added_tags or step.removed_tags:
        add(events.TAGGED, {"added": step.added_tags, "removed": step.removed_tags})
    return found
