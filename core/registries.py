"""Every registry of the house. The app that owns a thing registers it in its AppConfig.ready."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from core.registry import Registry, registries

if TYPE_CHECKING:
    from core.consumers import Consumer
    from core.event_log import EventKind


def _describe(item: Any) -> str:
    """One line about an item: its label, its name or the first line of its docstring."""
    label = getattr(item, "label", None) or getattr(item, "__name__", None) or (item.__doc__ or "").partition("\n")[0]
    return str(label)


def _registry(name: str, describe: Callable[[Any], str] = _describe) -> Registry[Any]:
    registries[name] = Registry(name, describe)
    return registries[name]


event_kinds: "Registry[EventKind]" = _registry("event kinds")
consumers: "Registry[Consumer]" = _registry("consumers")
condition_fields = _registry("condition fields")
triggers = _registry("triggers")
effects = _registry("effects")
placeholders = _registry("placeholders")
pack_sections = _registry("pack sections")
notice_kinds = _registry("notice kinds")
report_metrics = _registry("report metrics")
# What every round of the sweep calls, besides the dispatcher: name -> callable without arguments.
sweeps: "Registry[Callable[[], Any]]" = _registry("sweeps")
