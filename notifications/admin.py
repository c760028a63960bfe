"""Notices for admins: to look up, not to edit."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from notifications.models import Notice


@admin.register(Notice)
class NoticeAdmin(ModelAdmin):  # type: ignore[misc]
    """Read-only list and detail."""

    list_display = ("created_at", "user", "kind", "text", "read_at")
    list_filter = ("kind", "created_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "text")
    ordering = ("-id",)
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Notice | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Notice | None = None) -> bool:
        return False
