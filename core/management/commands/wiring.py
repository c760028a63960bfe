from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand

from core import consumers, registries
from core.registry import registries as all_registries


class Command(BaseCommand):
    help = "Print every event kind and who reacts to it, and every registered item of every registry."

    def handle(self, *args: Any, **options: Any) -> None:
        for line in [*event_lines(), *registry_lines()]:
            self.stdout.write(line)


def event_lines() -> Iterator[str]:
    """Each event kind with its payload keys and its consumers."""
    yield "events"
    if not len(registries.event_kinds):
        yield "  (none)"
    for kind in sorted(registries.event_kinds, key=lambda kind: kind.name):
        seen = ", customers see it" if kind.customer_visible else ""
        yield f"  {kind.name}  – {kind.label} (about a {kind.subject}{seen})"
        yield f"      payload: {', '.join(kind.payload) or '–'}"
        for consumer in consumers.subscribed(kind.name):
            how = "inline  " if consumer.inline else "deferred"
            yield f"      {how} {consumer.name}{' (on backfill too)' if consumer.on_backfill else ''}"


def registry_lines() -> Iterator[str]:
    """Each other registry with its items."""
    for name, registry in all_registries.items():
        if registry is registries.event_kinds:
            continue
        yield ""
        yield f"{name} ({len(registry)})"
        for key, item in sorted(registry.items()):
            yield f"  {key}  – {registry.describe(item)}"
