"""A ticket's page: everything it shows, asked for in one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import Q, Sum
from django.utils import timezone

from desk import options
from people.models import CustomerTier, User
from tickets.custom_fields import applicable
from tickets.lifecycle import next_statuses
from tickets.models import (
    CustomField,
    Draft,
    HandleTime,
    Participant,
    ParticipantRole,
    Status,
    Ticket,
    TicketLink,
)
from tickets.queries import (
    HistoryLine,
    TimelineItem,
    previous_tickets,
    ticket_by_number,
    timeline,
)

Choice = tuple[str, str]
SAME_MOMENT = timedelta(seconds=60)


@dataclass
class Entry:
    """A message, or what happened at one moment in one line."""

    item: TimelineItem
    lines: list[HistoryLine] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " · ".join(dict.fromkeys(line.text for line in self.lines))


@dataclass(frozen=True)
class LinkLine:
    """A linked ticket as seen from this one. ``other`` is None when the reader may not see it."""

    pk: int
    words: str
    other: Ticket | None
    fixed: bool


@dataclass
class TicketPage:
    """What the page shows of one ticket to one member of the staff."""

    ticket: Ticket
    entries: list[Entry]
    tags: list[str]
    options: options.Options
    statuses: list[Choice]
    fields: list[CustomField]
    drafts: dict[str, Draft]
    copied: list[User]
    followers: list[User]
    follows: bool
    links: list[LinkLine]
    previous: list[Ticket]
    merged_into: Ticket | None
    time_total: int
    time_mine: int
    tier: str = ""
    local_time: str = ""

    @property
    def closed(self) -> bool:
        return self.ticket.status == Status.CLOSED

    @property
    def addressee(self) -> str:
        """Whom a public reply goes to, for the button."""
        others = f" and {len(self.copied)} more" if self.copied else ""
        return f"{self.ticket.requester.display_name}{others}"


def load(user: User, number: int) -> TicketPage:
    """The page's content in a number of statements that does not depend on how much was said. Raises NotFound."""
    ticket = ticket_by_number(user, number)
    people = list(Participant.objects.filter(ticket=ticket).select_related("user"))
    followers = [row.user for row in people if row.role == ParticipantRole.FOLLOWER]
    total, mine = _times(ticket, user)
    return TicketPage(
        ticket=ticket,
        entries=_entries(timeline(ticket, user)),
        tags=list(ticket.tags.values_list("name", flat=True)),
        options=options.load(user),
        statuses=_statuses(ticket),
        fields=_fields(ticket),
        drafts={draft.visibility: draft for draft in Draft.objects.filter(ticket=ticket, author=user)},
        copied=[row.user for row in people if row.role == ParticipantRole.CC],
        followers=followers,
        follows=user.pk in {follower.pk for follower in followers},
        links=_links(ticket, user),
        previous=previous_tickets(ticket, user),
        merged_into=Ticket.objects.visible_to(user).filter(pk=ticket.merged_into_id).first(),
        time_total=total,
        time_mine=mine,
        tier=_tier(ticket),
        local_time=_local_time(ticket.requester),
    )


def _tier(ticket: Ticket) -> str:
    if ticket.organisation is None or not ticket.organisation.tier_id:
        return ""
    return CustomerTier.objects.filter(pk=ticket.organisation.tier_id).values_list("name", flat=True).first() or ""


def _local_time(person: User) -> str:
    """'09:22, Chicago': the customer's clock now."""
    try:
        zone = ZoneInfo(person.time_zone)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return timezone.now().strftime("%H:%M UTC")
    place = person.time_zone.rpartition("/")[2].replace("_", " ")
    return f"{timezone.now().astimezone(zone):%H:%M}, {place}"


def _statuses(ticket: Ticket) -> list[Choice]:
    """The ticket's own status and those it may go to; *escalated* comes by an escalation, not by hand."""
    reachable = [status for status in next_statuses(ticket) if status != Status.ESCALATED]
    return [(status, str(Status(status).label)) for status in (ticket.shown_status, *reachable)]


def _fields(ticket: Ticket) -> list[CustomField]:
    """Questions of the ticket's category, then those it has answers to from elsewhere."""
    asked = [found for found, _ in applicable(ticket.category, None, by_customer=False)]
    others = set(ticket.fields) - {found.key for found in asked}
    return asked + list(CustomField.objects.filter(key__in=others))


def _times(ticket: Ticket, user: User) -> tuple[int, int]:
    sums = HandleTime.objects.filter(ticket=ticket).aggregate(
        total=Sum("seconds"), mine=Sum("seconds", filter=Q(agent=user))
    )
    return sums["total"] or 0, sums["mine"] or 0


def _links(ticket: Ticket, user: User) -> list[LinkLine]:
    rows = list(TicketLink.objects.filter(Q(source=ticket) | Q(target=ticket)))
    ids = {row.target_id if row.source_id == ticket.pk else row.source_id for row in rows}
    seen = {other.pk: other for other in Ticket.objects.visible_to(user).filter(pk__in=ids)}
    found = []
    for row in rows:
        out = row.source_id == ticket.pk
        other = seen.get(row.target_id if out else row.source_id)
        words = str(row.get_kind_display()) if out else _INWARD[row.kind]
        found.append(LinkLine(row.pk, words, other, row.kind in ("follow_up", "split")))
    return found


_INWARD = {
    "duplicate": "Duplicated by", "child": "Parent of", "incident": "Problem of incident", "related": "Related to",
    "follow_up": "Followed up by", "split": "Split into",
}  # fmt: skip


def _entries(items: list[TimelineItem]) -> list[Entry]:
    """Messages as they are; events of one person at one moment share a line."""
    found: list[Entry] = []
    for item in items:
        last = found[-1] if found else None
        line = item.line
        if line is None:
            found.append(Entry(item))
        elif line.kind == "ticket.created":
            continue  # the page's head says when and by which channel
        elif last and last.lines and last.lines[-1].actor == line.actor and line.at - last.lines[-1].at < SAME_MOMENT:
            last.lines.append(line)
        else:
            found.append(Entry(item, [line]))
    return found


def shown_value(page: TicketPage, name: str) -> str:
    """What a field of the ticket says now, in words."""
    ticket = page.ticket
    if name.startswith("fields."):
        value: Any = ticket.fields.get(name.removeprefix("fields."))
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value if value is not None else "empty")
    if name == "status":
        return ticket.shown_status_label
    if name == "tags":
        return ", ".join(page.tags) or "none"
    value = getattr(ticket, f"get_{name}_display", None)
    value = value() if value else getattr(ticket, name, None)
    return str(value or ("nobody" if name == "assignee" else "empty"))


def last_change(page: TicketPage, name: str) -> HistoryLine | None:
    """Who changed a field last, from the lines the page has already."""
    label = name.removeprefix("fields.").replace("_", " ").capitalize()
    for entry in reversed(page.entries):
        for line in reversed(entry.lines):
            if any(changed == label for changed, _, _ in line.changes) or (
                name == "tags" and line.kind == "ticket.tagged"
            ):
                return line
    return None
