"""The person behind the request: who they are, their time zone, and what is asked of them first."""

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from core import context
from people.models import User

GetResponse = Callable[[HttpRequest], HttpResponse]


class CurrentUserMiddleware:
    """Bind the user's id for the logs and their time zone for the templates.

    The session of a deactivated user is emptied, so that it does not come back with a later reactivation.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not isinstance(user, User) and not user.is_authenticated:
            if SESSION_KEY in request.session:
                request.session.flush()
            return self.get_response(request)
        with context.bind(actor_id=user.pk), timezone.override(_zone(user)):
            return self.get_response(request)


def _zone(user: User) -> str | None:
    """The user's zone; the house's own when theirs is no longer known to this machine."""
    try:
        with timezone.override(user.time_zone):
            return user.time_zone
    except (KeyError, ValueError, OSError):
        return settings.TIME_ZONE


class StaffMfaMiddleware:
    """With REQUIRE_STAFF_MFA, staff without a second factor see nothing but the page that sets one up."""

    OPEN = ("/accounts/", "/static/", "/health/", "/api/")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        asked = settings.REQUIRE_STAFF_MFA and isinstance(user, User) and user.is_agent
        if asked and not request.path.startswith(self.OPEN) and not is_mfa_enabled(user):
            return redirect("mfa_index")
        return self.get_response(request)
