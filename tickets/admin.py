"""Tickets in the admin: configuration is edited here and saved by the actions; the work itself is for the desk."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from core.admin import ReadOnlyAdmin
from core.errors import DomainError
from core.text import storable
from people.admin.base import ActionAdmin, ActionForm, InlineOfRows, acting
from tickets.actions import delete_configuration, save_configuration
from tickets.actions.configuring import Configuration
from tickets.models import (
    Attachment,
    Category,
    CustomField,
    Draft,
    FormField,
    HandleTime,
    Message,
    Participant,
    Tag,
    Ticket,
    TicketForm,
    TicketLink,
    TicketType,
)


class ConfigurationForm(ActionForm):
    """Rehearses once the instance carries what was typed."""

    def clean(self) -> dict[str, Any] | None:
        return forms.ModelForm.clean(self)

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if not self.errors:
            self._rehearse()


class ConfigurationAdmin(ActionAdmin):
    """Saves and deletes by the configuration's actions. ``sets``: many-to-many fields that hang on it."""

    form = ConfigurationForm
    sets: ClassVar[tuple[str, ...]] = ()

    def perform(self, request: HttpRequest, form: Any) -> models.Model:
        instance: Configuration = copy.copy(form.instance)
        instance._state = copy.copy(form.instance._state)
        changed = [name for name in self.sets if name in form.changed_data]

        def then() -> None:
            for name in changed:
                getattr(instance, name).set(form.cleaned_data[name])

        return save_configuration(
            instance, actor=acting(request), then=then if changed else None, changed=form.changed_data
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return acting(request).is_staff

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without 'delete selected': one at a time, each with its own word of what hangs on it."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def delete_model(self, request: HttpRequest, obj: Configuration) -> None:
        delete_configuration(obj, actor=acting(request))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """As Django's; a refusal is told on the object's page."""
        try:
            response: HttpResponse = super().delete_view(request, object_id, extra_context)
        except DomainError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect("../change/")
        return response


class LinesField(forms.CharField):
    """A list, one entry a line."""

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or []) != self.to_python(data)

    def run_validators(self, value: Any) -> None:
        if any("\x00" in line or len(line) > 120 for line in value):
            raise forms.ValidationError("At most 120 characters a line.")


class CustomFieldForm(ConfigurationForm):
    choices = LinesField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
        strip=False,
        help_text="For lists: one choice a line.",
    )


@admin.register(Category)
class CategoryAdmin(ConfigurationAdmin):
    list_display = ("path", "key", "on_portal", "is_active", "position")
    list_filter = ("is_active", "on_portal")
    list_select_related = ("parent__parent",)
    search_fields = ("name", "key")
    autocomplete_fields = ("parent",)
    fields = ("name", "key", "parent", "description", "icon", "on_portal", "position", "is_active")
    prepopulated_fields: ClassVar = {"key": ("name",)}

    @admin.display(description="Category", ordering="name")
    def path(self, category: Category) -> str:
        """The name with up to two above it."""
        names = [category.name]
        above = category.parent
        while above is not None and len(names) < 3:
            names.append(above.name)
            above = above.parent if len(names) < 3 else None
        return " / ".join(reversed(names))


@admin.register(Tag)
class TagAdmin(ConfigurationAdmin):
    list_display = ("name", "group", "description")
    list_filter = ("group",)
    search_fields = ("name", "group")


@admin.register(CustomField)
class CustomFieldAdmin(ConfigurationAdmin):
    form = CustomFieldForm
    sets = ("categories",)
    list_display = ("label", "key", "kind", "required", "for_customers", "is_active", "position")
    list_filter = ("kind", "is_active", "for_customers")
    search_fields = ("label", "key")
    autocomplete_fields = ("categories",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Iterable[str]:
        """The key stays: tickets keep their answers under it."""
        return ("key",) if obj else ()


class FormFieldInline(InlineOfRows, TabularInline):  # type: ignore[misc]
    model = FormField
    autocomplete_fields = ("field",)
    tab = False


class TicketFormForm(ConfigurationForm):
    ticket_type = forms.ChoiceField(choices=TicketType.choices, widget=UnfoldAdminSelectWidget)


@admin.register(TicketForm)
class TicketFormAdmin(ConfigurationAdmin):
    form = TicketFormForm
    sets = ("categories",)
    list_display = ("name", "key", "on_portal", "is_active", "position")
    list_filter = ("is_active", "on_portal")
    search_fields = ("name", "key")
    autocomplete_fields = ("categories",)
    fields = ("name", "key", "intro", "categories", "ticket_type", "on_portal", "position", "is_active")
    inlines = (FormFieldInline,)
    prepopulated_fields: ClassVar = {"key": ("name",)}

    def keep(self, request: HttpRequest, obj: Any, model: type[models.Model], rows: list[dict[str, Any]]) -> None:
        form = TicketForm.objects.get(pk=obj.pk)
        wanted = {row["field"].pk: (row["required"], row["position"]) for row in rows}
        known = {row.field_id: (row.required, row.position) for row in form.form_fields.all()}
        if wanted == known:
            return

        def then() -> None:
            form.form_fields.all().delete()
            FormField.objects.bulk_create(
                FormField(form=form, field_id=pk, required=required, position=position)
                for pk, (required, position) in wanted.items()
            )

        save_configuration(form, actor=acting(request), then=then)


@admin.register(Ticket)
class TicketAdmin(ReadOnlyAdmin):
    """To find tickets; “View on site” opens the desk's page, where they are worked on."""

    list_display = ("number", "subject", "state", "priority", "requester", "assignee", "team", "updated_at")
    list_filter = ("status", "escalated", "priority", "type", "channel", "team")
    list_select_related = ("requester", "assignee", "team")
    search_fields = ("number",)
    search_help_text = "Number, words of the conversation, or the requester's address"
    ordering = ("-id",)
    list_per_page = 50
    fieldsets: ClassVar = [
        (None, {"fields": ["number", "subject", "state", "priority", "type", "channel", "category", "tags",
                          "answers"]}),
        ("People", {"fields": ["requester", "organisation", "assignee", "team", "created_by"]}),
        ("Outcome", {"fields": ["sentiment", "resolution_type", "resolution_summary", "root_cause", "reopen_count"]}),
        ("Moments", {"fields": [
            "created_at", "updated_at", "first_responded_at", "last_customer_message_at", "last_agent_message_at",
            "solved_at", "closed_at",
        ]}),
        ("Origin", {"fields": ["merged_into", "follow_up_of", "source_key", "version"]}),
    ]  # fmt: skip

    @admin.display(description="Status", ordering="status")
    def state(self, ticket: Ticket) -> str:
        return ticket.shown_status_label

    @admin.display(description="Fields")
    def answers(self, ticket: Ticket) -> str:
        """The custom fields' values, one a line."""
        lines = ((key, ", ".join(value) if isinstance(value, list) else value) for key, value in ticket.fields.items())
        return format_html_join(mark_safe("<br>"), "{}: {}", lines) or "–"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Ticket], search_term: str
    ) -> tuple[QuerySet[Ticket], bool]:
        """By index only: number, full text, whole address."""
        term = storable(search_term).strip()
        if not term:
            return queryset, False
        if "@" in term:
            return queryset.filter(Q(requester__email=term.lower())), False
        return queryset.matching(term), False  # type: ignore[attr-defined]


class OfTicket(ReadOnlyAdmin):
    """What hangs on a ticket."""

    list_select_related: Any = ("ticket",)
    search_fields: Any = ("=ticket__number",)
    search_help_text: Any = "Number of the ticket"
    ordering: Any = ("-id",)
    list_per_page = 50


@admin.register(Message)
class MessageAdmin(OfTicket):
    list_display = ("ticket", "author", "visibility", "by_staff", "channel", "created_at", "beginning")
    list_filter = ("visibility", "by_staff", "channel")
    list_select_related = ("ticket", "author")
    fields = ("ticket", "author", "by_staff", "visibility", "channel", "created_at", "body", "moved_from")

    @admin.display(description="text")
    def beginning(self, message: Message) -> str:
        return " ".join(message.body[:200].split())[:80]


@admin.register(Attachment)
class AttachmentAdmin(OfTicket):
    list_display = ("name", "ticket", "content_type", "size", "uploaded_by", "created_at")
    list_filter = ("is_image",)
    list_select_related = ("ticket", "uploaded_by")
    search_fields = ("=ticket__number", "sha256", "name")
    ordering = ("-created_at",)
    fields = ("name", "ticket", "message", "uploaded_by", "size", "content_type", "is_image", "sha256", "created_at")


@admin.register(TicketLink)
class TicketLinkAdmin(OfTicket):
    list_display = ("source", "kind", "target", "created_at")
    list_filter = ("kind",)
    list_select_related = ("source", "target")
    search_fields = ("=source__number", "=target__number")


@admin.register(Participant)
class ParticipantAdmin(OfTicket):
    list_display = ("ticket", "user", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("ticket", "user")
    search_fields = ("=ticket__number", "user__email")


@admin.register(HandleTime)
class HandleTimeAdmin(OfTicket):
    list_display = ("ticket", "agent", "seconds", "note", "started_at")
    list_select_related = ("ticket", "agent")


@admin.register(Draft)
class DraftAdmin(OfTicket):
    list_display = ("ticket", "author", "visibility", "updated_at")
    list_select_related = ("ticket", "author")
