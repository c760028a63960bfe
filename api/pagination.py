"""Pages by key: ``{"next", "previous", "results"}``, one statement a page, wherever it is in the list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core import signing
from django.db.models import Expression, QuerySet
from django.http import QueryDict
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import Invalid
from core.paging import Order, page_by_key

SIZE = 50
SIZE_MAX = 100
PARAMETERS = ("cursor", "page_size", "ordering")


def orders(**by: str | Expression) -> dict[str, Order]:
    """Allow-list of orderings: name -> column or expression; each also descending, as ``-name``."""
    found: dict[str, Order] = {}
    for name, expression in by.items():
        found[name] = Order(name, name, expression, descending=False)
        found[f"-{name}"] = Order(f"-{name}", name, expression, descending=True)
    return found


class KeysetPagination(BasePagination):
    """The view names its ``orders`` and which comes first."""

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: Any = None) -> list[Any]:
        """The rows of the page asked for. Raises Invalid for a bad cursor, size or ordering."""
        self.request = request
        self.order = _order(request.query_params, view.orders, view.ordering)
        size = _size(request.query_params)
        page = page_by_key(queryset, self.order, _cursor(request.query_params, self.order), size)
        self.next, self.previous = page.next, page.previous
        return page.items

    def get_paginated_response(self, data: Sequence[Any]) -> Response:
        """The page with the addresses of its neighbours."""
        return Response({"next": self._link(self.next), "previous": self._link(self.previous), "results": data})

    def _link(self, cursor: str | None) -> str | None:
        if cursor is None:
            return None
        query: QueryDict = self.request.query_params.copy()
        query["cursor"] = _signer(self.order).sign(cursor)
        return f"{self.request.build_absolute_uri(self.request.path)}?{query.urlencode()}"

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """For OpenAPI."""
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }


def _signer(order: Order) -> signing.Signer:
    """Cursors are ours alone, and of one ordering: what was made up or mixed up is refused, not guessed at."""
    return signing.Signer(salt=f"api.cursor.{order.key}")


def _cursor(query: QueryDict, order: Order) -> str | None:
    given = query.get("cursor")
    if not given:
        return None
    try:
        return _signer(order).unsign(given)
    except signing.BadSignature:
        told = "This cursor does not belong to this list. Start again without it."
        raise Invalid(told, code="invalid_cursor", fields={"cursor": [told]}) from None


def _order(query: QueryDict, known: dict[str, Order], default: str) -> Order:
    name = query.get("ordering") or default
    if name not in known:
        told = f"One of: {', '.join(sorted(known, key=lambda key: (key.lstrip('-'), key)))}."
        raise Invalid("This list cannot be ordered that way.", fields={"ordering": [told]})
    return known[name]


def _size(query: QueryDict) -> int:
    given = query.get("page_size") or str(SIZE)
    if not given.isascii() or not given.isdigit() or len(given) > 9 or not 1 <= int(given) <= SIZE_MAX:
        raise Invalid("This page size is not possible.", fields={"page_size": [f"A number from 1 to {SIZE_MAX}."]})
    return int(given)
