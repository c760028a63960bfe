"""Notices shown in the page. No I/O here."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Verbs of the domain over notices."""

    def unread(self) -> "NoticeQuerySet":
        """Not yet marked read."""
        return self.filter(read_at__isnull=True)

    def newest_first(self) -> "NoticeQuerySet":
        """By when they were made."""
        return self.order_by("-id")


class Notice(models.Model):
    """Something one user should know. At most one for each user, kind and event."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="notices",
        db_index=False,
    )
    kind = models.CharField(max_length=50)
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=500, blank=True)
    subject_kind = models.CharField(max_length=50, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    event_id = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "kind", "event_id"], name="notice_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "-id"], name="notice_of_user"),
            models.Index(
                fields=["user", "-id"],
                condition=Q(read_at__isnull=True),
                name="notice_unread",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"
