"""Messages, their attachments, and drafts not yet sent."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone

from core.search import SearchColumn
from tickets.models.ticket import Channel, Ticket

if TYPE_CHECKING:
    from people.models import User


class Visibility(models.TextChoices):
    PUBLIC = "public", "Public"
    INTERNAL = "internal", "Internal note"
    SYSTEM = "system", "System"


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: User | None) -> MessageQuerySet:
        """Public messages for everybody but staff. The ticket's own rights are checked before."""
        if user is not None and user.is_agent:
            return self
        return self.filter(visibility=Visibility.PUBLIC)


class MessageManager(models.Manager.from_queryset(MessageQuerySet)):  # type: ignore[misc]
    def get_queryset(self) -> MessageQuerySet:
        queryset: MessageQuerySet = super().get_queryset().defer("search")
        return queryset


class Message(models.Model):
    """Something said on a ticket. Never edited: what was said was said."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="messages")
    author = models.ForeignKey(
        "people.User",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="messages",
    )
    by_staff = models.BooleanField(default=False, help_text="The author spoke for us, not as a customer.")
    visibility = models.CharField(max_length=10, choices=Visibility.choices)
    body = models.TextField()
    html = models.TextField(blank=True, help_text="Cleaned HTML of the body, empty for plain text.")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    created_at = models.DateTimeField(default=timezone.now)
    moved_from = models.ForeignKey(Ticket, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    client_token = models.CharField(max_length=64, null=True, blank=True, unique=True)
    search = SearchColumn("body")

    objects = MessageManager()

    class Meta:
        ordering = ["created_at", "id"]
        base_manager_name = "objects"
        indexes = [
            models.Index(fields=["ticket", "created_at", "id"], name="message_of_ticket"),
            GinIndex(fields=["search"], name="message_search"),
        ]

    def __str__(self) -> str:
        return f"{self.get_visibility_display()} message {self.pk}"


class Attachment(models.Model):
    """A file, kept outside the web root under a random name; served only through a permission check.

    It is uploaded first (``message`` is empty) and belongs to a message once that is sent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ticket = models.ForeignKey(
        Ticket,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="attachments",
    )
    message = models.ForeignKey(
        Message,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="attachments",
    )
    uploaded_by = models.ForeignKey(
        "people.User",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    file = models.FileField(max_length=200)
    name = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    content_type = models.CharField(max_length=120, help_text="Detected from the content, never from the sender.")
    is_image = models.BooleanField(
        default=False,
        help_text="Verified PNG, JPEG, GIF or WebP: may be shown in place.",
    )
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="attachment_unsent",
                condition=models.Q(message=None),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Draft(models.Model):
    """What somebody has typed but not sent; survives closing the tab. One per person, ticket and kind."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="drafts")
    author = models.ForeignKey("people.User", on_delete=models.CASCADE, related_name="drafts")
    visibility = models.CharField(max_length=10, choices=Visibility.choices, default=Visibility.PUBLIC)
    body = models.TextField(blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-updated_at"]
        constraints = [models.UniqueConstraint(fields=["ticket", "author", "visibility"], name="draft_once")]

    def __str__(self) -> str:
        return f"Draft of {self.author_id} on {self.ticket_id}"
