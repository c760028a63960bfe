"""What all views and inputs of the API share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django.http import QueryDict
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.pagination import PARAMETERS, KeysetPagination
from api.parsers import shown, storable_or_reason
from core.errors import Invalid, NotAllowed
from core.paging import Order
from people.models import ApiToken, User


class ApiView(APIView):
    """A view of one resource. Unknown query parameters are refused by name.

    scope: the resource's name in scopes. parameters: query parameters of GET."""

    scope: ClassVar[str]
    staff_only: ClassVar[bool] = False
    parameters: ClassVar[Iterable[str]] = ()
    http_method_names = ["get", "head", "post", "patch", "delete"]
    format_kwarg = None  # addresses carry no format

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Who, how often, what, in this order: refused requests are counted too."""
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        request.version, request.versioning_scheme = None, None
        self.perform_authentication(request)
        self.check_throttles(request)
        self.check_permissions(request)
        self._check_query(request)

    def _check_query(self, request: Request) -> None:
        known = set(self.known_parameters()) if request.method in ("GET", "HEAD") else set()
        errors: dict[str, list[str]] = {}
        for name, values in request.query_params.lists():
            if name not in known:
                errors[shown(name)] = ["There is no such parameter here."]
            elif any(map(storable_or_reason, values)):
                errors[shown(name)] = ["This contains a character that cannot be used."]
        if errors:
            told = f"Unknown or unusable parameter: {', '.join(sorted(errors))}."
            raise Invalid(told, code="unknown_parameter", fields=errors)

    def known_parameters(self) -> Iterable[str]:
        """Names a GET may carry."""
        return self.parameters

    @property
    def actor(self) -> User:
        """The token's user."""
        return cast(User, self.request.user)

    @property
    def token(self) -> ApiToken:
        """The token itself."""
        return cast(ApiToken, self.request.auth)

    def read(self, form: type[Input], *, partial: bool = False) -> dict[str, Any]:
        """The checked body. Raises ValidationError or Invalid."""
        given = form(data=self.request.data, partial=partial, context={"user": self.actor})
        given.is_valid(raise_exception=True)
        return dict(given.validated_data)

    def show(self, serializer: type[serializers.BaseSerializer[Any]], thing: Any, *, many: bool = False) -> Any:
        """The representation for this token's user."""
        return serializer(thing, many=many, context={"user": self.actor, "request": self.request}).data


class ListView(ApiView):
    """Adds pages by key. orders: the allow-list; ordering: the default."""

    orders: ClassVar[dict[str, Order]]
    ordering: ClassVar[str]
    pagination_class = KeysetPagination

    def known_parameters(self) -> Iterable[str]:
        """Filters and paging."""
        return [*self.parameters, *PARAMETERS]

    def page(
        self,
        queryset: QuerySet[Any],
        serializer: type[serializers.BaseSerializer[Any]],
        prepare: Callable[[list[Any]], Any] | None = None,
    ) -> Response:
        """One page. prepare: gets the rows, to load what they need at once."""
        paginator = self.pagination_class()
        rows = paginator.paginate_queryset(queryset, self.request, view=self)
        if prepare is not None:
            prepare(rows)
        return paginator.get_paginated_response(self.show(serializer, rows, many=True))


class Input(serializers.Serializer[Any]):
    """A body. Unknown fields are refused by name, all mistakes are told at once.

    staff_fields: what customers' tokens may not send."""

    staff_fields: ClassVar[frozenset[str]] = frozenset()

    def to_internal_value(self, data: Any) -> Any:
        """Raises ValidationError, or NotAllowed for what only staff may say."""
        errors: dict[str, Any] = {}
        if isinstance(data, Mapping | QueryDict):
            errors = {shown(str(name)): ["There is no such field here."] for name in data if name not in self.fields}
            self._refuse_staff_fields(data)
        try:
            cleaned = super().to_internal_value(data)
        except serializers.ValidationError as error:
            detail = error.detail if isinstance(error.detail, dict) else {"request": error.detail}
            raise serializers.ValidationError({**detail, **errors}) from None
        if errors:
            raise serializers.ValidationError(errors)
        return cleaned

    def _refuse_staff_fields(self, data: Mapping[str, Any]) -> None:
        user = self.context.get("user")
        if user is None or user.is_agent:
            return
        refused = sorted(self.staff_fields & set(data))
        if refused:
            told = "Only staff can set this."
            raise NotAllowed(f"Only staff can set: {', '.join(refused)}.", fields={name: [told] for name in refused})


class Text(serializers.CharField):
    """A JSON string and nothing else: a number is not text. Blank is left to the domain unless forbidden."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_blank": True, **options})

    def to_internal_value(self, data: Any) -> str:
        """Raises ValidationError for anything but text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class WholeNumber(serializers.IntegerField):
    """A whole number in JSON (or its digits in a form), small enough for a column."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": 2**31 - 1, **options})

    def to_internal_value(self, data: Any) -> int:
        """Raises ValidationError for truth values and fractions."""
        if isinstance(data, bool | float):
            self.fail("invalid")
        return int(super().to_internal_value(data))
