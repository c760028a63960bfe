"""Payload values as JSON: moments as ISO 8601 in UTC, the rest raw."""

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from django.utils import timezone

from core.text import storable


def clean(value: Any, where: str) -> Any:
    """The value as JSON types. `where` names it in errors.

    Aware datetimes become ISO 8601 in UTC, dates and times ISO, timedeltas seconds, decimals and UUIDs strings,
    enums their values, sets sorted lists; text is made storable.
    Raises TypeError for anything else (model instances, translated labels), ValueError for naive moments and NaN.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return clean(value.value, where)
    if isinstance(value, str):
        return storable(str(value))
    if isinstance(value, int | float):
        return _number(value, where)
    if isinstance(value, Mapping):
        return {_key(key, where): clean(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item, f"{where}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, set | frozenset):
        return sorted(clean(item, where) for item in value)
    return _text_of(value, where)


def _number(value: float, where: str) -> float:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{where}: {value} is not a number that JSON knows")
    return value


def _key(key: object, where: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"{where}: keys are strings, not {type(key).__name__}")
    return storable(key)


def _text_of(value: Any, where: str) -> str | float:
    if isinstance(value, datetime):
        if timezone.is_naive(value):
            raise ValueError(f"{where}: the moment needs a time zone")
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal | UUID):
        return str(value)
    raise TypeError(f"{where}: {type(value).__name__} is not a raw value; record ids, codes, numbers or moments")
