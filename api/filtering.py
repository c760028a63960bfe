"""Query parameters onto querysets."""

from __future__ import annotations

from typing import Any, TypeVar

import django_filters
from django.db.models import Model, QuerySet
from rest_framework.request import Request

from core.errors import Invalid

M = TypeVar("M", bound=Model)


def filtered(filters: type[django_filters.FilterSet], queryset: QuerySet[M], request: Request) -> QuerySet[M]:
    """The rows that the request asks for. Raises Invalid naming the parameters at fault."""
    asked: Any = filters(request.query_params, queryset=queryset, request=request)
    if not asked.is_valid():
        errors = {name: [str(message) for message in messages] for name, messages in asked.errors.items()}
        raise Invalid(f"Look at the parameters again: {', '.join(sorted(errors))}.", fields=errors)
    return asked.qs  # type: ignore[no-any-return]
