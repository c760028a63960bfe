"""The event log, and the deliveries still to be made of it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone


class EventQuerySet(models.QuerySet["Event"]):
    def about(self, subject_kind: str, subject_id: int) -> "EventQuerySet":
        """The events of one subject, oldest first."""
        return self.filter(subject_kind=subject_kind, subject_id=subject_id).order_by("id")


class Event(models.Model):
    """Something that happened. Append-only: triggers in the database refuse UPDATE, DELETE and TRUNCATE.

    Plain ids and no foreign keys: core knows none of the tables above it.
    occurred_at is when it happened, recorded_at when it was written down; they differ for imported history.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=100)
    subject_kind = models.CharField(max_length=50)
    subject_id = models.BigIntegerField()
    actor_id = models.BigIntegerField(null=True, blank=True)
    channel = models.CharField(max_length=20)
    correlation_id = models.CharField(max_length=64)
    payload = models.JSONField(default=dict, blank=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    backfill = models.BooleanField(default=False)

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["subject_kind", "subject_id", "id"], name="core_event_subject"),
            models.Index(fields=["kind", "occurred_at"], name="core_event_kind_time"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.subject_kind} {self.subject_id}"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def waiting(self) -> "DeliveryQuerySet":
        """Still to be handled, now or after a back-off."""
        return self.filter(state=Delivery.State.WAITING)

    def leased(self) -> "DeliveryQuerySet":
        """In the hands of a worker, or of one that was lost."""
        return self.filter(state=Delivery.State.LEASED)

    def dead(self) -> "DeliveryQuerySet":
        """Given up; an admin can retry them."""
        return self.filter(state=Delivery.State.DEAD)

    def unfinished(self) -> "DeliveryQuerySet":
        """Waiting or leased: these hold up later deliveries of the same consumer and subject."""
        return self.exclude(state=Delivery.State.DEAD)


class Delivery(models.Model):
    """One event that one consumer has not dealt with yet. The row is deleted in the transaction of its effect."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        LEASED = "leased", "Leased"
        DEAD = "dead", "Dead letter"

    id = models.BigAutoField(primary_key=True)
    # The unique constraint below begins with the event and serves as the foreign key's index.
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    consumer = models.CharField(max_length=100)
    subject_kind = models.CharField(max_length=50)
    subject_id = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    crashes = models.PositiveIntegerField(default=0, help_text="Leases that ran out: the worker was lost.")
    leased_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    # Leases and back-off go by the database's clock alone: the machines' clocks may differ.
    next_attempt_at = models.DateTimeField(db_default=Now())
    last_error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "consumer"], name="core_delivery_once"),
            models.UniqueConstraint(
                fields=["consumer", "subject_kind", "subject_id"],
                condition=Q(state="leased"),
                name="core_delivery_one_lease",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["next_attempt_at", "event"], condition=Q(state="waiting"), name="core_delivery_due"),
            models.Index(fields=["leased_until"], condition=Q(state="leased"), name="core_delivery_lease"),
            models.Index(
                fields=["consumer", "subject_kind", "subject_id", "event"],
                condition=~Q(state="dead"),
                name="core_delivery_order",
            ),
        ]

    def __str__(self) -> str:
        return f"event {self.event_id} for {self.consumer}"
