"""Tickets in answers and in requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import prefetch_related_objects
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.base import Input, Text, WholeNumber
from api.people_data import (
    AgentField,
    OrganisationBriefSerializer,
    PersonSerializer,
    RequesterInput,
    RowField,
    TeamField,
    by_key,
)
from api.schema import WORDS
from tickets.models import Category, Channel, CustomField, Priority, Status, Ticket, TicketType

STAFF_KEYS: dict[str, Callable[[], Any]] = {
    "tags": list, "sentiment": lambda: None, "resolution_type": lambda: None, "resolution_summary": lambda: None,
    "root_cause": lambda: None, "next_due_at": lambda: None, "sla_state": lambda: None, "reopen_count": lambda: None,
}  # fmt: skip
"""Ticket keys that customers' tokens get without a value."""


class TicketSerializer(serializers.Serializer[Ticket]):
    """A ticket. Customers get the staff's own keys without their values."""

    number = serializers.IntegerField()
    subject = serializers.CharField()
    status = serializers.ChoiceField(Status.choices, source="shown_status")
    priority = serializers.ChoiceField(Priority.choices)
    type = serializers.ChoiceField(TicketType.choices)
    channel = serializers.ChoiceField(Channel.choices)
    category = serializers.CharField(source="category.key", allow_null=True)
    tags = serializers.SerializerMethodField()
    fields = serializers.SerializerMethodField(method_name="custom_fields")  # type: ignore[assignment]
    requester = PersonSerializer()
    organisation = OrganisationBriefSerializer(allow_null=True)
    assignee = PersonSerializer(allow_null=True)
    team = serializers.CharField(source="team.key", allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    first_responded_at = serializers.DateTimeField(allow_null=True)
    solved_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    next_due_at = serializers.DateTimeField(allow_null=True)
    sla_state = serializers.CharField(allow_null=True)
    sentiment = serializers.CharField(allow_null=True)
    resolution_type = serializers.CharField(allow_null=True)
    resolution_summary = serializers.CharField(allow_null=True)
    root_cause = serializers.CharField(allow_null=True)
    reopen_count = serializers.IntegerField(allow_null=True)
    version = serializers.IntegerField()
    url = serializers.SerializerMethodField()
    html_url = serializers.SerializerMethodField()

    @extend_schema_field(WORDS)
    def get_tags(self, ticket: Ticket) -> list[str]:
        """Names, in order."""
        return sorted(tag.name for tag in ticket.tags.all())

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def custom_fields(self, ticket: Ticket) -> dict[str, Any]:
        """Custom fields; for customers only those meant for them."""
        if self.context["user"].is_agent:
            return dict(ticket.fields)
        return {key: value for key, value in ticket.fields.items() if key in self._customer_fields()}

    def _customer_fields(self) -> set[str]:
        if "customer_fields" not in self.context:
            keys = CustomField.objects.filter(for_customers=True).values_list("key", flat=True)
            self.context["customer_fields"] = set(keys)
        return self.context["customer_fields"]  # type: ignore[no-any-return]

    @extend_schema_field(serializers.URLField)
    def get_url(self, ticket: Ticket) -> str:
        """This ticket in the API."""
        return str(self.context["request"].build_absolute_uri(reverse("api:ticket", args=[ticket.number])))

    @extend_schema_field(serializers.URLField)
    def get_html_url(self, ticket: Ticket) -> str:
        """The page for people: the desk's for staff, the portal's for customers."""
        name = "desk:ticket" if self.context["user"].is_agent else "portal:request"
        return str(self.context["request"].build_absolute_uri(reverse(name, args=[ticket.number])))

    def to_representation(self, instance: Ticket) -> dict[str, Any]:
        """The plain values."""
        shown = super().to_representation(instance)
        for name in ("sla_state", "sentiment", "resolution_type"):
            shown[name] = shown[name] or None
        if not self.context["user"].is_agent:
            shown |= {name: empty() for name, empty in STAFF_KEYS.items()}
        return shown


@extend_schema_field({"type": "string", "nullable": True})
class CategoryField(RowField):
    """A category by key. Customers choose among those of the portal."""

    what = "category"

    def _find(self, data: str | int) -> Any:
        rows = Category.objects.filter(is_active=True)
        return by_key(rows if self.context["user"].is_agent else rows.filter(on_portal=True), data)


class TicketInput(Input):
    """A new ticket."""

    staff_fields = frozenset({"channel", "priority", "tags"})

    subject = Text()
    body = Text(trim_whitespace=False)
    requester = RequesterInput(required=False)
    channel = Text(required=False)
    priority = Text(required=False)
    type = Text(required=False)
    category = CategoryField(required=False, allow_null=True)
    tags = serializers.ListField(child=Text(), required=False)
    fields = serializers.DictField(required=False)  # type: ignore[assignment]
    cc = serializers.ListField(child=Text(max_length=254), required=False, max_length=20)


class TicketChanges(Input):
    """What a PATCH may say. ``version``: the version that the change was decided on."""

    staff_fields = frozenset(
        {
            "subject", "priority", "type", "category", "team", "assignee", "tags", "fields", "resolution_summary",
            "root_cause", "resolution_type", "sentiment",
        }
    )  # fmt: skip

    subject = Text(required=False)
    status = Text(required=False)
    priority = Text(required=False)
    type = Text(required=False)
    category = CategoryField(required=False, allow_null=True)
    team = TeamField(required=False, allow_null=True)
    assignee = AgentField(required=False, allow_null=True)
    tags = serializers.ListField(child=Text(), required=False)
    resolution_summary = Text(required=False)
    root_cause = Text(required=False)
    resolution_type = Text(required=False, allow_null=True)
    sentiment = Text(required=False, allow_null=True)
    fields = serializers.DictField(required=False)  # type: ignore[assignment]
    version = WholeNumber(required=False)


def with_tags(tickets: Iterable[Ticket]) -> None:
    """Load the tags of many tickets in one statement."""
    prefetch_related_objects(list(tickets), "tags")
