"""Wiring mistakes, found at start."""

from typing import Any

from django.core.checks import Error, register

from core import registries


@register
def consumers_know_their_kinds(app_configs: Any, **kwargs: Any) -> list[Error]:
    """core.E001: a consumer subscribed by name to an event kind that nobody declares."""
    return [
        Error(
            f"Consumer {consumer.name} subscribes to {kind}, which no app declares.",
            hint="Declare it with event_kind() in the events.py of the app that records it, or correct the name.",
            id="core.E001",
        )
        for consumer in registries.consumers
        for kind in sorted(consumer.kinds)
        if kind not in registries.event_kinds
    ]
