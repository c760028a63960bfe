"""Refusals and failures as pages. Programs under /api/ get the same as problem+json."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string, select_template

CSRF_STATUS = 403


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form came without its token: mostly an old tab, or cookies that are switched off."""
    if _for_program(request):
        return _problem(CSRF_STATUS, "The request came without its CSRF token.")
    return HttpResponse(
        render_to_string("portal/csrf.html", {"back": request.path}, request=request),
        status=CSRF_STATUS,
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: what was sent could not be read at all."""
    return _answer(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return _answer(request, 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: missing, or not for this reader; the two look alike."""
    return _answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, without anything that could fail as well."""
    if _for_program(request):
        return _problem(500, "")
    try:
        content: str = render_to_string("500.html", {"site_name": settings.SITE_NAME})
    except Exception:
        content = "<!doctype html><title>Error</title><h1>Something went wrong</h1><p>Please try again in a minute.</p>"
    return HttpResponse(content, status=500)


def _answer(request: HttpRequest, status: int) -> HttpResponse:
    if _for_program(request):
        return _problem(status, "")
    template = select_template([f"{status}.html", "portal/error.html"])
    context: dict[str, Any] = {"status": status, "phrase": HTTPStatus(status).phrase}
    return HttpResponse(template.render(context, request), status=status)


def _for_program(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _problem(status: int, detail: str) -> HttpResponse:
    problem = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if detail:
        problem["detail"] = detail
    return JsonResponse(problem, status=status, content_type="application/problem+json")
