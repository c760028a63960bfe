"""What happened to a ticket."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.base import ListView
from api.pagination import orders
from api.people_data import PersonSerializer
from api.schema import paging
from api.tickets import TicketView
from core.models import Event
from core.registries import event_kinds
from people.models import User

EVENT_ORDERS = orders(id="id")
# Customers learn that it happened and how the status went; who did it, why and everything else stays with staff.
CUSTOMER_PAYLOAD = {"ticket.status_changed": ("from", "to")}


class EventSerializer(serializers.Serializer[Event]):
    """One entry of the history. Nobody edits it. The payload has raw values: ids and codes."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    label = serializers.SerializerMethodField()  # type: ignore[assignment]
    occurred_at = serializers.DateTimeField()
    actor = serializers.SerializerMethodField()
    channel = serializers.CharField(allow_null=True)
    payload = serializers.SerializerMethodField()
    correlation_id = serializers.CharField(allow_null=True)

    @extend_schema_field(str)
    def get_label(self, event: Event) -> str:
        """In plain words."""
        return event_kinds.get(event.kind).label if event.kind in event_kinds else event.kind

    @extend_schema_field(PersonSerializer(allow_null=True))
    def get_actor(self, event: Event) -> Any:
        """Who did it; null for the system."""
        actor = getattr(event, "actor", None)
        return PersonSerializer(actor, context=self.context).data if actor else None

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def get_payload(self, event: Event) -> dict[str, Any]:
        """Raw values."""
        if self.context["user"].is_agent:
            return dict(event.payload)
        return {key: event.payload.get(key) for key in CUSTOMER_PAYLOAD.get(event.kind, ())}

    def to_representation(self, instance: Event) -> dict[str, Any]:
        """The plain values."""
        shown = super().to_representation(instance)
        if not self.context["user"].is_agent:
            shown |= {"channel": None, "correlation_id": None}
        return shown


class EventListView(TicketView, ListView):
    """The history of a ticket."""

    orders = EVENT_ORDERS
    ordering = "id"

    @extend_schema(parameters=paging(EVENT_ORDERS), responses=EventSerializer(many=True), summary="Read the history")
    def get(self, request: Request, number: int) -> Response:
        """Events, oldest first; customers see those meant for them, without names or internal values."""
        events = Event.objects.filter(subject_kind="ticket", subject_id=self.ticket(number).pk)
        if self.actor.is_agent:
            return self.page(events, EventSerializer, _load_actors)
        visible = [name for name, kind in event_kinds.items() if kind.customer_visible]
        return self.page(events.filter(kind__in=visible), EventSerializer)


def _load_actors(events: list[Event]) -> None:
    people = User.objects.in_bulk({event.actor_id for event in events if event.actor_id})
    for event in events:
        event.actor = people.get(event.actor_id or 0)  # type: ignore[attr-defined]
