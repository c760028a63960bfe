"""Files whose headings are not ours, recognised by their columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Values = dict[str, Any]


@dataclass(frozen=True)
class Preset:
    """How the columns of a known file become ours."""

    name: str
    columns: frozenset[str]
    translate: Callable[[Values], Values]


def _endava(values: Values) -> Values:
    """An IT desk's tickets. Codes stay codes: nobody published what they stand for. Type 0 carries urgencies and
    impacts of its own, as incidents do; 1 has always the same ones, as service requests do."""
    main, first, second = (values.get(name, "") for name in ("category", "sub_category1", "sub_category2"))
    path = [f"IT {main}", f"IT {main}.{first}", f"IT {main}.{first}.{second}"] if main and first and second else []
    codes = (("service", "business_service"), ("urgency", "urgency"), ("impact", "impact"))
    return {
        "subject": values.get("title", ""),
        "body": values.get("body", ""),
        "type": {"0": "incident", "1": "task"}.get(values.get("ticket_type", ""), values.get("ticket_type", "")),
        "category": path or ([f"IT {main}"] if main else []),
        "tags": [f"{tag}-{values[column]}" for tag, column in codes if values.get(column)],
    }


def _banking77(values: Values) -> Values:
    """A bank's messages, each with its intent."""
    intent = values.get("category", "").replace("_", " ").strip().capitalize()
    return {
        "body": values.get("text", ""),
        "category": ["Bank messages", intent] if intent else [],
        "tags": [f"split-{values['split']}"] if values.get("split") else [],
    }


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            "endava",
            frozenset(
                [
                    *("title", "body", "ticket_type", "category", "sub_category1", "sub_category2"),
                    *("business_service", "urgency", "impact"),
                ]
            ),
            _endava,
        ),
        Preset("banking77", frozenset(("text", "category", "split")), _banking77),
    )
}


def detect(columns: list[str] | None) -> Preset | None:
    """The preset whose columns these are, exactly."""
    return next((preset for preset in PRESETS.values() if columns and preset.columns == set(columns)), None)
