"""Answers to keyed requests, to look at."""

from django.contrib import admin

from api.models import IdempotencyRecord
from core.admin import ReadOnlyAdmin


@admin.register(IdempotencyRecord)
class IdempotencyRecordAdmin(ReadOnlyAdmin):
    list_display = ("key", "token", "status", "created_at")
    list_select_related = ("token",)
    search_fields = ("key",)
    exclude = ("body", "fingerprint")
