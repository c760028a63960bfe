"""Notices for admins: to look up, not to edit."""

from django.contrib import admin

from core.admin import ReadOnlyAdmin
from notifications.models import Notice


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    """Read-only list and detail."""

    list_display = ("created_at", "user", "kind", "text", "read_at")
    list_filter = ("kind", "created_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "text")
    ordering = ("-id",)
