"""The outbox: every mail that leaves, or was kept from leaving. No I/O here."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    """Verbs of the domain over outgoing mails."""

    def due(self) -> "OutgoingMailQuerySet":
        """To be sent now, by the database's clock; the longest due first."""
        return self.filter(status=OutgoingMail.Status.QUEUED, next_attempt_at__lte=Now()).order_by(
            "next_attempt_at", "id"
        )

    def lapsed(self) -> "OutgoingMailQuerySet":
        """Claimed by a sender that was lost."""
        return self.filter(status=OutgoingMail.Status.SENDING, leased_until__lt=Now()).order_by("id")

    def about(self, subject_kind: str, subject_id: int) -> "OutgoingMailQuerySet":
        """The mails about one thing, oldest first."""
        return self.filter(subject_kind=subject_kind, subject_id=subject_id).order_by("id")

    def counted(self) -> "OutgoingMailQuerySet":
        """Those that went, or will go, as far as the caps are concerned."""
        capped = (OutgoingMail.Held.TOO_MANY, OutgoingMail.Held.NEW_ADDRESSES, OutgoingMail.Held.OWN_ADDRESS)
        return self.exclude(status=OutgoingMail.Status.CANCELLED).exclude(held_because__in=capped)


class OutgoingMail(models.Model):
    """One mail to one recipient (and its CC). It is sent outside of any transaction, by a committed lease.

    automatic: the machine's doing. In doubt it is not sent again; a person's mail is, under the same Message-ID.
    subject_kind and subject_id say what the mail is about; messaging does not know what that is.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        SENDING = "sending", "Sending"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        UNSURE = "unsure", "Unsure"
        HELD = "held", "Held"
        CANCELLED = "cancelled", "Cancelled"

    class Held(models.TextChoices):
        NO_SERVER = "no_server", "No mail server is configured"
        TOO_MANY = "too_many", "Too many automatic mails to this address"
        NEW_ADDRESSES = "new_addresses", "Too many automatic mails to new addresses"
        OWN_ADDRESS = "own_address", "Automatic mail to our own address"

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=40)
    automatic = models.BooleanField()
    to_address = models.CharField("to", max_length=254)
    to_name = models.CharField(max_length=200, blank=True)
    cc = ArrayField(models.CharField(max_length=254), default=list, blank=True)
    from_address = models.CharField("from", max_length=254)
    from_name = models.CharField(max_length=200, blank=True)
    reply_to = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=500, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict, blank=True)
    attachments = models.JSONField(
        default=list,
        blank=True,
        help_text="[{name, content_type, path in the storage}]",
    )
    message_id = models.CharField("Message-ID", max_length=255, unique=True)
    in_reply_to = models.CharField(max_length=998, blank=True)
    references = ArrayField(models.CharField(max_length=998), default=list, blank=True)
    subject_kind = models.CharField("about", max_length=50, blank=True)
    subject_id = models.BigIntegerField("about id", null=True, blank=True)
    correlation_id = models.CharField(max_length=64, blank=True)
    dedupe_key = models.CharField(max_length=200, null=True, blank=True, unique=True)  # noqa: DJ001 (unique)

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    held_because = models.CharField(max_length=20, choices=Held.choices, blank=True)
    first_contact = models.BooleanField(
        default=False, help_text="The first mail to this address that was not about a login."
    )
    attempts = models.PositiveIntegerField(default=0)
    doubts = models.PositiveIntegerField(default=0, help_text="How often it could not be told whether it was taken.")
    last_error = models.TextField(blank=True)
    # Leases and back-off go by the database's clock alone: the machines' clocks may differ.
    next_attempt_at = models.DateTimeField(db_default=Now())
    leased_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    handed_over_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Committed just before the server gets the text; only later is there doubt.",
    )
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        verbose_name = "outgoing mail"
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=Q(status="queued"),
                name="mail_due",
            ),
            models.Index(
                fields=["leased_until"],
                condition=Q(status="sending"),
                name="mail_lease",
            ),
            models.Index(fields=["to_address", "created_at"], name="mail_to"),
            models.Index(
                fields=["created_at"],
                condition=Q(first_contact=True),
                name="mail_first_contact",
            ),
            models.Index(fields=["subject_kind", "subject_id", "id"], name="mail_about"),
            models.Index(fields=["status", "-id"], name="mail_status"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status="held") | Q(held_because=""),
                name="mail_held_only_with_status",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.to_address}"
