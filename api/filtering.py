"""Query parameters onto querysets."""

from __future__ import annotations

from typing import Any, TypeVar

import django_filters
from django.db.models import Model, QuerySet
from django_filters.utils import translate_validation
from rest_framework.request import Request

M = TypeVar("M", bound=Model)


def filtered(filters: type[django_filters.FilterSet], queryset: QuerySet[M], request: Request) -> QuerySet[M]:
    """The rows that the request asks for. Raises ValidationError naming the parameters at fault."""
    asked: Any = filters(request.query_params, queryset=queryset, request=request)
    if not asked.is_valid():
        raise translate_validation(asked.errors)
    return asked.qs  # type: ignore[no-any-return]
