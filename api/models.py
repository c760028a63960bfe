"""What the API remembers for its own sake: answers to keyed requests, and how many requests there were."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class IdempotencyRecord(models.Model):
    """The answer to a request that carried an Idempotency-Key. Written in the transaction of the request's effect,
    so that there is an answer exactly when there is an effect."""

    token = models.ForeignKey("people.ApiToken", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return f"{self.key} → {self.status}"


class RequestCount(models.Model):
    """Requests of one token or address in the current period. Unlogged: losing it in a crash costs nothing."""

    key = models.CharField(max_length=80, primary_key=True)
    period = models.BigIntegerField()
    count = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["period"], name="request_count_period")]

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"
