"""Who gets into the desk, and how a refusal looks there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from core.errors import DomainError, NotAllowed, NotFound
from people.models import User

View = Callable[..., HttpResponseBase]


def staff_only(view: View) -> View:
    """Anonymous people log in first; customers find nothing here; errors of actions become pages and messages."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        if not isinstance(user, User) or not user.is_active:
            return redirect_to_login(request.get_full_path() if request.method == "GET" else "/desk/")
        if not user.is_agent:
            raise Http404
        try:
            return view(request, *args, **kwargs)
        except DomainError as error:
            return _refusal(request, error, kwargs)

    return guarded


def member(request: HttpRequest) -> User:
    """The staff member behind a request that ``staff_only`` let in."""
    assert isinstance(request.user, User)
    return request.user


def _refusal(request: HttpRequest, error: DomainError, kwargs: dict[str, Any]) -> HttpResponse:
    """What no view rendered beside a field: not found stays 404, the rest is told where the person was."""
    if isinstance(error, NotFound):
        raise Http404 from error
    if isinstance(error, NotAllowed) and request.method == "GET":
        return render(request, "403.html", {"reason": error.message}, status=403)
    messages.error(request, told(error))
    if "number" in kwargs:
        return redirect("desk:ticket", number=kwargs["number"])
    return redirect("desk:home")


def told(error: DomainError) -> str:
    """The error for people in one line: what its fields say, or its own message."""
    found = [text for texts in error.fields.values() for text in texts]
    return " ".join([error.message, *(text for text in found if text != error.message)])
