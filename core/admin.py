"""The event log to read, and dead letters to retry."""

import json
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import ModelAdmin

from core import registries
from core.actions import may_retry, retry_deliveries
from core.models import Delivery, Event
from core.text import storable


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Looked at, never edited: not even a superuser adds, changes or deletes here."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class _RegisteredFilter(admin.SimpleListFilter):
    """Choices from a registry: DISTINCT over the log would read all of it."""

    names: ClassVar[Any]
    field: ClassVar[str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name, _ in sorted(self.names.items())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(Q((self.field, self.value()))) if self.value() else queryset


class KindFilter(_RegisteredFilter):
    title = "kind"
    parameter_name = field = "kind"
    names = registries.event_kinds


class ConsumerFilter(_RegisteredFilter):
    title = "consumer"
    parameter_name = field = "consumer"
    names = registries.consumers


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("id", "kind", "subject_kind", "subject_id", "actor_id", "channel", "occurred_at")
    list_filter = (KindFilter, "channel", "backfill")
    search_fields = ("subject_id", "correlation_id")
    search_help_text = "Id of the subject, or a correlation id"
    ordering = ("-id",)
    list_per_page = 50
    fields = (
        "kind", "subject_kind", "subject_id", "actor_id", "channel", "correlation_id", "occurred_at", "recorded_at",
        "backfill", "content",
    )  # fmt: skip

    @admin.display(description="payload")
    def content(self, event: Event) -> str:
        """The payload as text: unfold would colour it with style attributes, which our policy forbids."""
        return format_html("<pre>{}</pre>", json.dumps(event.payload, indent=2, ensure_ascii=False))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        """Exact matches only: the log is long, and what Django does by default would read all of it."""
        term = storable(search_term).strip()
        if not term:
            return queryset, False
        if term.isascii() and term.isdigit() and len(term) <= 18:
            return queryset.filter(subject_id=int(term)), False
        return queryset.filter(correlation_id=term), False


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = (
        "id", "consumer", "event", "state", "attempts", "crashes", "next_attempt_at", "short_error",
    )  # fmt: skip
    list_filter = ("state", ConsumerFilter)
    list_select_related = ("event",)
    search_fields = ("=subject_id", "=event__id")
    search_help_text = "Number of the subject or of the event"
    ordering = ("-id",)
    list_per_page = 50
    actions = ("retry",)

    @admin.display(description="last error")
    def short_error(self, delivery: Delivery) -> str:
        """The first line of the error, cut to 120 characters."""
        return delivery.last_error.partition("\n")[0][:120]

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Who sees the action."""
        return bool(may_retry(request.user))  # type: ignore[arg-type]  # core does not know the user model

    @admin.action(description="Retry dead letters", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Retry the dead ones among the chosen deliveries."""
        count = retry_deliveries(actor=request.user, ids=list(queryset.values_list("pk", flat=True)))  # type: ignore[arg-type]
        level = messages.SUCCESS if count else messages.WARNING
        self.message_user(request, f"{count} dead letter{'' if count == 1 else 's'} will be tried again.", level)
