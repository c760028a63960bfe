"""The ticket itself and the QuerySet verbs that say who may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from core.search import SearchColumn
from tickets.models.configuration import Category, Tag

if TYPE_CHECKING:
    from people.models import User


class Status(models.TextChoices):
    """The fixed meanings; packs give them their own labels."""

    NEW = "new", "New"
    OPEN = "open", "Open"
    PENDING = "pending", "Pending"
    ON_HOLD = "on_hold", "On hold"
    ESCALATED = "escalated", "Escalated"
    SOLVED = "solved", "Solved"
    CLOSED = "closed", "Closed"


OPEN_STATUSES = (Status.NEW, Status.OPEN, Status.PENDING, Status.ON_HOLD)
"""Not yet solved. (``escalated`` is derived, never stored.)"""
ACTIVE_STATUSES = (Status.NEW, Status.OPEN)
"""Waiting for us."""


class Priority(models.TextChoices):
    CRITICAL = "critical", "Critical"
    HIGH = "high", "High"
    NORMAL = "normal", "Normal"
    LOW = "low", "Low"


class TicketType(models.TextChoices):
    QUESTION = "question", "Question"
    INCIDENT = "incident", "Incident"
    PROBLEM = "problem", "Problem"
    TASK = "task", "Task"


class Channel(models.TextChoices):
    PORTAL = "portal", "Portal"
    EMAIL = "email", "E-mail"
    API = "api", "API"
    WEB = "web", "Desk"
    CHAT = "chat", "Chat"
    PHONE = "phone", "Phone"
    SOCIAL = "social", "Social media"
    COMMUNITY = "community", "Community"
    IMPORT = "import", "Import"
    SYSTEM = "system", "System"


class ResolutionType(models.TextChoices):
    FIXED = "fixed", "Fixed"
    ANSWERED = "answered", "Answered"
    WORKAROUND = "workaround", "Workaround given"
    SELF_SERVICE = "self_service", "Customer helped themselves"
    REFUND = "refund", "Refund"
    DUPLICATE = "duplicate", "Duplicate"
    NOT_REPRODUCIBLE = "not_reproducible", "Not reproducible"
    WONT_FIX = "wont_fix", "Will not be changed"
    NO_REPLY = "no_reply", "No reply from customer"
    SPAM = "spam", "Spam"


class Sentiment(models.TextChoices):
    POSITIVE = "positive", "Positive"
    NEUTRAL = "neutral", "Neutral"
    NEGATIVE = "negative", "Negative"
    ANGRY = "angry", "Angry"


class TicketQuerySet(models.QuerySet["Ticket"]):
    """Verbs of the domain over tickets. Every read of a face starts with ``visible_to``."""

    def visible_to(self, user: User | None) -> TicketQuerySet:
        """Only what ``user`` may see: own, copied and (if allowed) the organisation's tickets
        for customers; for agents all but closed teams they are not in; everything for managers."""
        if user is None or not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_overseer:
            return self
        return self.filter(_agent_sees(user) if user.is_agent else _customer_sees(user))

    def unsolved(self) -> TicketQuerySet:
        return self.filter(status__in=OPEN_STATUSES)

    def active(self) -> TicketQuerySet:
        """Waiting for us."""
        return self.filter(status__in=ACTIVE_STATUSES)

    def with_status(self, *statuses: str) -> TicketQuerySet:
        """Filter by the status people see; ``escalated`` stands for active tickets under escalation."""
        stored = [status for status in statuses if status != Status.ESCALATED]
        shown = Q(status__in=stored)
        if Status.ESCALATED not in statuses:
            shown &= ~Q(escalated=True, status__in=ACTIVE_STATUSES)
        else:
            shown |= Q(escalated=True, status__in=ACTIVE_STATUSES)
        return self.filter(shown)

    def matching(self, words: str) -> TicketQuerySet:
        """Plain full-text search over number, subject, public and internal messages.

        For staff only: use ``matching_public`` for customers."""
        return self._matching(words, public_only=False)

    def matching_public(self, words: str) -> TicketQuerySet:
        """As ``matching``, blind to internal notes."""
        return self._matching(words, public_only=True)

    def _matching(self, words: str, *, public_only: bool) -> TicketQuerySet:
        from django.contrib.postgres.search import SearchQuery

        from tickets.models.conversation import Message, Visibility

        words = words.replace("\x00", " ").strip()[:500]
        query = SearchQuery(words, config="english", search_type="websearch")
        messages = Message.objects.filter(ticket=OuterRef("pk"), search=query)
        if public_only:
            messages = messages.filter(visibility=Visibility.PUBLIC)
        found = Q(search=query) | Q(Exists(messages))
        digits = words.lstrip("#")
        if digits.isascii() and digits.isdigit() and len(digits) < 18:
            found |= Q(number=int(digits))
        return self.filter(found)

    def for_list(self) -> TicketQuerySet:
        """Everything a row of a list shows, in a fixed number of statements."""
        return self.select_related(
            "requester",
            "requester__organisation",
            "organisation",
            "assignee",
            "team",
            "category",
        )


def _agent_sees(user: User) -> Q:
    return Q(team=None) | Q(team__closed=False) | Q(Exists(_membership(user))) | Q(assignee=user)


def _membership(user: User) -> models.QuerySet[models.Model]:
    from people.models import Membership

    return Membership.objects.filter(user=user, team=OuterRef("team"))


def _customer_sees(user: User) -> Q:
    from tickets.models.relations import Participant, ParticipantRole

    copied = Participant.objects.filter(ticket=OuterRef("pk"), user=user, role=ParticipantRole.CC)
    sees = Q(requester=user) | Q(Exists(copied))
    if user.sees_organisation and user.organisation_id:
        sees |= Q(organisation=user.organisation_id)
    return sees


class TicketManager(models.Manager.from_queryset(TicketQuerySet)):  # type: ignore[misc]
    """Reads never fetch the search column."""

    def get_queryset(self) -> TicketQuerySet:
        queryset: TicketQuerySet = super().get_queryset().defer("search")
        return queryset


class Ticket(models.Model):
    """One request of one customer. Changed by ``tickets.actions`` only."""

    number = models.BigIntegerField(unique=True, editable=False)
    subject = models.CharField(max_length=250)
    status = models.CharField(
        max_length=10,
        choices=[c for c in Status.choices if c[0] != "escalated"],
        default="new",
    )
    escalated = models.BooleanField(default=False, help_text="An escalation is active; shown as the status.")
    priority = models.CharField(max_length=10, choices=Priority.choices, default=Priority.NORMAL)
    type = models.CharField(max_length=10, choices=TicketType.choices, default=TicketType.QUESTION)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    category = models.ForeignKey(
        Category,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="tickets",
    )
    tags = models.ManyToManyField(Tag, blank=True, related_name="tickets")
    fields = models.JSONField(default=dict, blank=True)
    requester = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="requested_tickets")
    organisation = models.ForeignKey(
        "people.Organisation",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="tickets",
    )
    assignee = models.ForeignKey(
        "people.User",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="assigned_tickets",
    )
    team = models.ForeignKey(
        "people.Team",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="tickets",
    )
    created_by = models.ForeignKey(
        "people.User",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="created_tickets",
    )
    sentiment = models.CharField(max_length=10, choices=Sentiment.choices, blank=True)
    resolution_summary = models.TextField(blank=True, max_length=10_000)
    root_cause = models.CharField(max_length=200, blank=True)
    resolution_type = models.CharField(max_length=20, choices=ResolutionType.choices, blank=True)
    merged_into = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="merged_tickets",
    )
    follow_up_of = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="follow_ups",
    )
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    first_responded_at = models.DateTimeField(null=True, blank=True)
    last_customer_message_at = models.DateTimeField(null=True, blank=True)
    last_agent_message_at = models.DateTimeField(null=True, blank=True)
    solved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    reopen_count = models.PositiveIntegerField(default=0)
    next_due_at = models.DateTimeField(null=True, blank=True, help_text="Earliest running service-level clock.")
    sla_state = models.CharField(max_length=10, blank=True)
    version = models.PositiveIntegerField(default=1)
    field_versions = models.JSONField(default=dict, blank=True, help_text="Field -> version that last changed it.")
    source_key = models.CharField(max_length=200, null=True, blank=True, unique=True)
    client_token = models.CharField(max_length=64, null=True, blank=True, unique=True)
    search = SearchColumn("subject")

    objects = TicketManager()

    class Meta:
        ordering = ["-id"]
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["new", "open", "pending", "on_hold", "solved", "closed"]),
                name="ticket_status_stored",
            ),
            models.CheckConstraint(
                condition=Q(solved_at__isnull=True) | Q(status__in=["solved", "closed"]),
                name="ticket_solved_at_only_when_solved",
            ),
            models.CheckConstraint(
                condition=~Q(merged_into=models.F("pk")),
                name="ticket_not_merged_into_itself",
            ),
        ]
        indexes = [
            models.Index(fields=["-updated_at", "-id"], name="ticket_by_update"),
            models.Index(
                fields=["-updated_at", "-id"], name="ticket_unsolved",
                condition=Q(status__in=["new", "open", "pending", "on_hold"]),
            ),
            models.Index(
                fields=["assignee", "-updated_at", "-id"], name="ticket_mine",
                condition=Q(status__in=["new", "open", "pending", "on_hold"]),
            ),
            models.Index(
                fields=["team", "-updated_at", "-id"], name="ticket_team",
                condition=Q(status__in=["new", "open", "pending", "on_hold"]),
            ),
            models.Index(fields=["requester", "-id"], name="ticket_of_requester"),
            models.Index(fields=["organisation", "-id"], name="ticket_of_organisation"),
            models.Index(fields=["status", "-updated_at", "-id"], name="ticket_status"),
            models.Index(fields=["created_at"], name="ticket_created"),
            GinIndex(fields=["search"], name="ticket_search"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"#{self.number} {self.subject}"

    @property
    def shown_status(self) -> str:
        """The status for people: ``escalated`` while an escalation is active and we have to act."""
        return Status.ESCALATED if self.escalated and self.status in ACTIVE_STATUSES else self.status

    @property
    def shown_status_label(self) -> str:
        return str(Status(self.shown_status).label)

    @property
    def is_unsolved(self) -> bool:
        return self.status in OPEN_STATUSES

    @property
    def waits_for_us(self) -> bool:
        """The customer spoke last and we have to act."""
        if self.status not in ACTIVE_STATUSES or not self.last_customer_message_at:
            return False
        return self.last_agent_message_at is None or self.last_customer_message_at > self.last_agent_message_at

    def get_absolute_url(self) -> str:
        """The desk's page."""
        from django.urls import reverse

        return reverse("desk:ticket", args=[self.number])
