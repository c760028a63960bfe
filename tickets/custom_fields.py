"""Custom field values: which questions apply, and what is an acceptable answer."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from core.errors import Invalid
from core.text import one_line, storable
from tickets.models import Category, CustomField, FieldKind, TicketForm

LINE_MAX = 500
LOG_MAX = 100_000


def applicable(
    category: Category | None, form: TicketForm | None, *, by_customer: bool
) -> list[tuple[CustomField, bool]]:
    """The questions for a category or form in their order, each with whether an answer is required.

    A form's list wins; otherwise fields without categories, and those of the category or one above it."""
    if form is not None:
        rows = form.form_fields.select_related("field").order_by("position", "field__position")
        asked = [(row.field, row.required or row.field.required) for row in rows]
    else:
        lineage = set(ancestor_ids(category))
        fields = CustomField.objects.filter(is_active=True).prefetch_related("categories")
        asked = [(f, f.required) for f in fields if _asked_for(f, lineage)]
    return [(f, required) for f, required in asked if f.is_active and (f.for_customers or not by_customer)]


def _asked_for(field: CustomField, lineage: set[int]) -> bool:
    bound = {category.pk for category in field.categories.all()}
    return not bound or bool(bound & lineage)


def ancestor_ids(category: Category | None) -> list[int]:
    """The category's own id and those above it; stops at a circle."""
    if category is None:
        return []
    parents: dict[int, int | None] = dict(Category.objects.values_list("pk", "parent_id"))
    found: list[int] = []
    current: int | None = category.pk
    while current is not None and current not in found:
        found.append(current)
        current = parents.get(current)
    return found


def clean_values(
    values: Mapping[str, Any],
    *,
    category: Category | None = None,
    form: TicketForm | None = None,
    by_customer: bool = False,
    partial: bool = False,
) -> dict[str, Any]:
    """The answers as they are stored. Empty ones are left out.

    ``partial``: required ones may be missing (staff, imports, changes). Raises Invalid with one entry
    ``fields.<key>`` for each answer at fault, and for keys that do not exist."""
    if partial and not values:
        return {}
    known = applicable(category, form, by_customer=by_customer)
    if partial:  # staff may answer any question
        known = [(f, False) for f in CustomField.objects.filter(is_active=True) if f.for_customers or not by_customer]
    cleaned, errors = _clean_each(values, known)
    unknown = [key for key in values if key not in {f.key for f, _ in known}]
    errors |= {f"fields.{one_line(str(key))[:60]}": ["There is no such field here."] for key in unknown}
    if errors:
        raise Invalid("Some fields need another look.", fields=errors)
    return cleaned


def _clean_each(
    values: Mapping[str, Any], known: Iterable[tuple[CustomField, bool]]
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    cleaned: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for field, required in known:
        try:
            value = clean_value(field, values.get(field.key))
            if required and (value is None or value is False):
                raise ValueError("Please fill this in.")
            if value is not None:
                cleaned[field.key] = value
        except ValueError as error:
            errors[f"fields.{field.key}"] = [str(error)]
    return cleaned, errors


def clean_value(field: CustomField, value: Any) -> Any:
    """One answer as stored: text, number, list of text, ISO date or bool; None when empty.

    Raises ValueError with a message for people."""
    if value is None or value == "" or value == []:
        return None
    return _CLEANERS[FieldKind(field.kind)](field, value)


def _line(field: CustomField, value: Any) -> str | None:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise ValueError("Write text here.")
    text = one_line(str(value))
    if len(text) > LINE_MAX:
        raise ValueError(f"At most {LINE_MAX} characters; this has {len(text):,}.")
    # The pattern is an admin's and the value short, so a slow pattern cannot hold a request for long.
    if field.pattern and text and not re.fullmatch(field.pattern, text[:200]):
        raise ValueError(field.help_text or "This does not look right.")
    return text or None


def _log(_: CustomField, value: Any) -> str | None:
    if not isinstance(value, str):
        raise ValueError("Write text here.")
    text = storable(value).strip()
    if len(text) > LOG_MAX:
        raise ValueError(f"At most {LOG_MAX:,} characters; attach longer logs as a file.")
    return text or None


def _number_value(_: CustomField, value: Any) -> float | int:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("Write a number.")
    try:
        number = float(str(value)[:40].strip().replace(",", "."))
    except ValueError:
        raise ValueError("Write a number, like 12 or 3.5.") from None
    if not math.isfinite(number) or abs(number) > 1e15:
        raise ValueError("This number is too large.")
    return int(number) if number.is_integer() else number


def _choice(field: CustomField, value: Any) -> str:
    if not isinstance(value, str) or value not in field.choices:
        raise ValueError(f"Choose one of: {', '.join(field.choices)}.")
    return value


def _choices(field: CustomField, value: Any) -> list[str]:
    chosen = value if isinstance(value, list) else [value]
    if any(not isinstance(item, str) or item not in field.choices for item in chosen):
        raise ValueError(f"Choose from: {', '.join(field.choices)}.")
    return list(dict.fromkeys(chosen))


def _date(_: CustomField, value: Any) -> str:
    try:
        return date.fromisoformat(str(value).strip()).isoformat()
    except ValueError:
        raise ValueError("Write a date as YYYY-MM-DD.") from None


def _checkbox(_: CustomField, value: Any) -> bool:
    words = {
        True: True,
        False: False,
        "true": True,
        "on": True,
        "1": True,
        "false": False,
        "off": False,
        "0": False,
    }
    try:
        return words[value.lower() if isinstance(value, str) else value]
    except (KeyError, TypeError):
        raise ValueError("Answer yes or no.") from None


_CLEANERS: dict[FieldKind, Any] = {
    FieldKind.TEXT: _line,
    FieldKind.USER_ID: _line,
    FieldKind.BROWSER: _line,
    FieldKind.LOG: _log,
    FieldKind.NUMBER: _number_value,
    FieldKind.CHOICE: _choice,
    FieldKind.MULTI_CHOICE: _choices,
    FieldKind.DATE: _date,
    FieldKind.CHECKBOX: _checkbox,
}
