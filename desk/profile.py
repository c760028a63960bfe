"""One's own name, zone, look, signature and availability."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from core.errors import DomainError
from desk.access import member, staff_only
from desk.shell import desk_page
from people.actions import set_availability, update_user
from people.models import Availability, User

OWN = ("name", "phone", "time_zone", "theme", "signature")


@require_http_methods(["GET", "POST"])
@staff_only
def profile(request: HttpRequest) -> HttpResponse:
    """The form, and what it saves."""
    user = member(request)
    errors: dict[str, str] = {}
    status = 200
    if request.method == "POST":
        try:
            _save(request, user)
            messages.success(request, "Saved.")
            return redirect("desk:profile")
        except DomainError as error:
            errors, status = {name: " ".join(texts) for name, texts in error.fields.items()}, error.status
            errors = errors or {"form": error.message}
    context: dict[str, Any] = {
        "values": request.POST if errors else {name: getattr(user, name) for name in (*OWN, "availability")},
        "errors": errors,
        "zones": sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone or zone == "UTC"),
        "themes": User._meta.get_field("theme").choices,
        "availabilities": Availability.choices,
    }
    return desk_page(request, "desk/profile.html", context, area="profile", status=status)


def _save(request: HttpRequest, user: User) -> None:
    fresh = User.objects.get(pk=user.pk)
    data = request.POST
    update_user(fresh, actor=user, **{name: data[name].strip() for name in OWN if name in data})
    if data.get("availability") and data["availability"] != fresh.availability:
        set_availability(fresh, data["availability"], actor=user)
