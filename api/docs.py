"""OpenAPI: the document and its page."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer, TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.manual import sections
from api.parsers import shown
from core.errors import Invalid


@lru_cache(maxsize=1)
def description() -> dict[str, Any]:
    """The OpenAPI document, made once a process. It is the same for everybody and holds no data."""
    generator: Any = SchemaGenerator()  # type: ignore[no-untyped-call]
    return generator.get_schema(request=None, public=True)  # type: ignore[no-any-return]


class _Open(APIView):
    """Public pages: they describe the software, not the house."""

    authentication_classes = ()
    permission_classes = ()
    parameters: tuple[str, ...] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Nothing from the address gets into the page. Raises Invalid for unknown parameters."""
        super().initial(request, *args, **kwargs)
        unknown = {shown(name): ["There is no such parameter here."] for name in set(request.GET) - {*self.parameters}}
        if unknown:
            raise Invalid("Unknown parameter.", code="unknown_parameter", fields=unknown)

    def handle_exception(self, exc: Exception) -> Response:
        """A problem, whatever this view else renders."""
        answer = super().handle_exception(exc)
        self.request.accepted_renderer, self.request.accepted_media_type = JSONRenderer(), "application/json"
        return answer


class SchemaView(_Open):
    """OpenAPI 3, as JSON (which is YAML too) unless YAML is asked for."""

    parameters = ("format",)
    content_negotiation_class = DefaultContentNegotiation
    renderer_classes = (JSONRenderer, OpenApiJsonRenderer, OpenApiYamlRenderer)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """The document."""
        return Response(description())


class DocsView(_Open):
    """The document for people: plain pages of ours, so that it can be read with any aid."""

    renderer_classes = (JSONRenderer, TemplateHTMLRenderer)
    content_negotiation_class = DefaultContentNegotiation

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Every operation with its parameters, fields, answers and an example."""
        document = description()
        context = {"sections": sections(document, settings.SITE_URL), "info": document["info"]}
        return render(request._request, "api/docs.html", context)
