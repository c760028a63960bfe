"""What every view of the portal shares: its channel, its refusals, its page."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from core import context
from core.errors import DomainError, NotFound
from people.models import User
from portal import requests_of

View = Callable[..., HttpResponseBase]

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")
WORDS_MAX = 200


def portal_view(view: View) -> View:
    """Work done here came in by the portal; what the reader may not know of is a 404; nothing is cached."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with context.bind(channel="portal"):
            try:
                return view(request, *args, **kwargs)
            except NotFound as error:
                raise Http404(error.message) from error
            except DomainError as error:
                return refusal(request, error)

    return never_cache(wrapped)


def refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The page for a refusal that no form could show."""
    return render(request, "portal/refused.html", {"error": error, **chrome(request)}, status=error.status)


def page(request: HttpRequest, template: str, given: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
    """A page of the portal with its head."""
    return render(request, template, {**chrome(request), **(given or {})}, status=status)


def chrome(request: HttpRequest) -> dict[str, Any]:
    """What the head of every page shows: who is logged in, and how many of their requests wait for them."""
    user = reader(request)
    return {
        "reader": user,
        "waiting": requests_of.awaiting_reader(user) if user else 0,
        "sees_organisation": bool(user and requests_of.may_see_organisation(user)),
        "login_url": f"{reverse('account_login')}?next={reverse('portal:requests')}",
    }


def reader(request: HttpRequest) -> User | None:
    """The person logged in, if any."""
    return request.user if isinstance(request.user, User) else None


def words(request: HttpRequest) -> str:
    """The search words of the query, without what no search can use."""
    return " ".join(request.GET.get("q", "").replace("\x00", " ").split())[:WORDS_MAX]


def form_token(request: HttpRequest, *, fresh: bool = False) -> str:
    """The form's own token, by which a second click finds what the first one made. ``fresh``: that one is used up."""
    given = request.POST.get("client_token", "")
    return given if _TOKEN.fullmatch(given) and not fresh else uuid.uuid4().hex


def tell(request: HttpRequest, error: DomainError) -> None:
    """Show a refusal above the next page, in the words of the field at fault if it names one."""
    told = [text for texts in error.fields.values() for text in texts]
    messages.error(request, told[0] if told else error.message)
