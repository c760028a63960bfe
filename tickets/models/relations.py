"""Tickets to tickets, tickets to people, people's time on tickets."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from tickets.models.ticket import Ticket


class LinkKind(models.TextChoices):
    """Read from source to target: 'source is … target'."""

    DUPLICATE = "duplicate", "Duplicate of"
    CHILD = "child", "Child of"
    INCIDENT = "incident", "Incident of problem"
    RELATED = "related", "Related to"
    FOLLOW_UP = "follow_up", "Follow-up of"
    SPLIT = "split", "Split from"


class TicketLink(models.Model):
    source = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="links_out")
    target = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="links_in")
    kind = models.CharField(max_length=10, choices=LinkKind.choices)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "target", "kind"], name="link_once"),
            models.CheckConstraint(condition=~models.Q(source=models.F("target")), name="link_between_two"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.get_kind_display()} {self.target_id}"


class ParticipantRole(models.TextChoices):
    CC = "cc", "Copied"
    FOLLOWER = "follower", "Follower"


class Participant(models.Model):
    """Somebody besides requester and assignee: customers in copy, staff who follow."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="participants")
    user = models.ForeignKey("people.User", on_delete=models.CASCADE, related_name="participations")
    role = models.CharField(max_length=10, choices=ParticipantRole.choices)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["ticket", "user"], name="participant_once")]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.ticket_id}"


class HandleTime(models.Model):
    """Time an agent worked on a ticket, in whole seconds."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="handle_times")
    agent = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="handle_times")
    seconds = models.PositiveIntegerField()
    note = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["started_at", "id"]
        constraints = [models.CheckConstraint(condition=models.Q(seconds__gt=0), name="handle_time_positive")]
        indexes = [models.Index(fields=["agent", "started_at"], name="handle_time_of_agent")]

    def __str__(self) -> str:
        return f"{self.seconds} s by {self.agent_id}"
