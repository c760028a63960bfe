"""Addresses that do not exist."""

from __future__ import annotations

from typing import Any, NoReturn

from django.urls import Resolver404, resolve
from rest_framework.request import Request
from rest_framework.views import APIView

from api.negotiation import AlwaysJson
from core.errors import NotFound


class UnknownView(APIView):
    """404 as a problem, whatever the method. Says so when only the final slash is missing."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    content_negotiation_class = AlwaysJson
    schema = None
    format_kwarg = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises NotFound."""
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        if not request.path.endswith("/") and _known(request.path + "/"):
            raise NotFound("Addresses of the API end with a slash: add it.", code="slash_missing")
        raise NotFound("There is nothing at this address. See /api/v1/docs/.")


def _known(path: str) -> bool:
    try:
        return getattr(resolve(path).func, "cls", None) is not UnknownView
    except Resolver404:
        return False
