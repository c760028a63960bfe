"""One's own name, time zone and theme."""

from __future__ import annotations

import zoneinfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from core.errors import DomainError
from people.actions import update_user
from people.models import User
from portal.base import page, portal_view

FIELDS = ("name", "time_zone", "theme")
"""What the page changes; anything else in the form (role, organisation, e-mail) is not looked at."""
NAME_MAX = 150


@login_required
@portal_view
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Show, and save what was changed."""
    user = User.objects.select_related("organisation").get(pk=request.user.pk)
    if request.method != "POST":
        return _show(request, user, {}, {})
    typed = {name: request.POST[name].strip() for name in FIELDS if name in request.POST}
    try:
        update_user(user, actor=user, **typed)
    except DomainError as error:
        return _show(request, user, typed, error.fields or {"": [error.message]}, error.status)
    messages.success(request, "Saved.")
    return redirect("portal:profile")


def _show(
    request: HttpRequest, user: User, typed: dict[str, str], errors: dict[str, list[str]], status: int = 200
) -> HttpResponse:
    given = {
        "person": user,
        "typed": {name: typed.get(name, getattr(user, name)) for name in FIELDS},
        "errors": errors,
        "zones": _zones(),
        "themes": User._meta.get_field("theme").choices,
        "name_max": NAME_MAX,
    }
    return page(request, "portal/profile.html", given, status)


def _zones() -> list[tuple[str, list[str]]]:
    """Time zones by region."""
    regions: dict[str, list[str]] = {"General": ["UTC"]}
    for name in sorted(zoneinfo.available_timezones()):
        region, slash, _ = name.partition("/")
        if slash and region not in ("Etc", "SystemV", "US"):
            regions.setdefault(region, []).append(name)
    return list(regions.items())
