"""Forgetting what the API no longer needs."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from api.models import IdempotencyRecord, RequestCount

REMEMBERED = timedelta(days=7)


@shared_task(name="api.forget")
def forget() -> int:
    """Drop answers to keyed requests after a week, and all counters (at worst one period starts anew)."""
    gone, _ = IdempotencyRecord.objects.filter(created_at__lt=timezone.now() - REMEMBERED).delete()
    counters, _ = RequestCount.objects.all().delete()
    return gone + counters
