"""Lists page by key, never by OFFSET: page 1,000 costs what page 1 costs.

An ``Order`` names one expression and its direction; the primary key breaks ties. The cursor
carries the last row's key, so rows that come and go meanwhile neither repeat nor vanish. It is signed: a key that
somebody made up could be of a type that the column does not compare with.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.core import signing
from django.db.models import Expression, F, Model, Q, QuerySet
from django.utils.dateparse import parse_datetime

M = TypeVar("M", bound=Model)
CURSOR_MAX = 8_000
"""Enough for a key of a few hundred characters of any script."""


@dataclass(frozen=True)
class Order:
    """Sort by ``by`` (a column or a never-NULL expression), then by primary key, in one direction."""

    key: str
    label: str
    by: str | Expression
    descending: bool = True


@dataclass(frozen=True)
class Page(Generic[M]):
    """Rows of one page; ``next`` and ``previous`` are cursors, None at the ends."""

    items: list[M]
    next: str | None
    previous: str | None


def page_by_key(queryset: QuerySet[M], order: Order, cursor: str | None, size: int) -> Page[M]:
    """One page in one statement. A cursor that is broken or of another order starts at the beginning."""
    place = _read(cursor, order)
    backwards = place is not None and place["b"]
    descending = order.descending != backwards
    expression = F(order.by) if isinstance(order.by, str) else order.by
    rows = queryset.annotate(_key=expression)
    if place is not None:
        rows = rows.filter(_beyond(place["k"], place["i"], descending))
    direction = "-" if descending else ""
    found = list(rows.order_by(f"{direction}_key", f"{direction}pk")[: size + 1])
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    return Page(
        found,
        next=_cursor(found[-1], order, False) if found and (more or backwards) else None,
        previous=_cursor(found[0], order, True) if found and place is not None and (more or not backwards) else None,
    )


def _beyond(key: Any, pk: Any, descending: bool) -> Q:
    # The first part lets an index range do the work; the second is exact.
    side = "lt" if descending else "gt"
    return Q(**{f"_key__{side}e": key}) & (Q(**{f"_key__{side}": key}) | Q(**{f"pk__{side}": pk}))


def _cursor(row: Model, order: Order, backwards: bool) -> str:
    key = row._key  # type: ignore[attr-defined]
    kind = "d" if isinstance(key, datetime) else "n"
    if isinstance(key, datetime | date):
        key = key.isoformat()
    content = {
        "o": order.key,
        "k": str(key) if isinstance(key, Decimal) else key,
        "t": kind,
        "i": row.pk,
        "b": backwards,
    }
    packed = base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).decode().rstrip("=")
    return _signer(order).sign(packed)


def _signer(order: Order) -> signing.Signer:
    return signing.Signer(salt=f"core.paging.{order.key}")


def _read(cursor: str | None, order: Order) -> dict[str, Any] | None:
    if not cursor or len(cursor) > CURSOR_MAX:
        return None
    try:
        packed = _signer(order).unsign(cursor)
        content = json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
        if content["o"] != order.key or not isinstance(content["i"], int) or isinstance(content["i"], bool):
            return None
        key = parse_datetime(content["k"]) if content["t"] == "d" else content["k"]
        if not isinstance(key, str | int | float | datetime) or not abs(content["i"]) < 2**63:
            return None
        if isinstance(key, datetime) and key.tzinfo is None or isinstance(key, str) and "\x00" in key:
            return None
        if isinstance(key, int) and not abs(key) < 2**63:
            return None
        return {"k": key, "i": content["i"], "b": content["b"] is True}
    except (signing.BadSignature, binascii.Error, ValueError, KeyError, TypeError, UnicodeError):
        return None
