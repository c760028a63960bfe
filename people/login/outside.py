"""An identity provider that is away, or that says something odd, is the visitor's bad luck and no error of ours."""

import logging
from collections.abc import Callable

import requests
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

logger = logging.getLogger("people.login")

VIEWS = ("openid_connect_", "saml_")


class ProviderErrorsMiddleware:
    """What goes wrong between us and a provider ends on a page that says so, and in the log with its trace."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The failure page for the views of OIDC and SAML; None, which is Django's own way, for the others."""
        match = request.resolver_match
        if match is None or not (match.view_name or "").startswith(VIEWS):
            return None
        if isinstance(exception, Http404 | PermissionDenied | SuspiciousOperation):
            return None
        logger.warning("single sign-on failed at %s", match.view_name, exc_info=exception)
        status = 502 if isinstance(exception, requests.RequestException) else 400
        return render(request, "socialaccount/authentication_error.html", status=status)
