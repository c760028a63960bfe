"""The person behind a request: their id in the log, their time zone on the page."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from core import context
from people.middleware import CurrentUserMiddleware
from people.models import User


def seen(user: Any) -> tuple[int | None, str]:
    found: list[tuple[int | None, str]] = []

    def view(request: HttpRequest) -> HttpResponse:
        found.append((context.actor_id(), timezone.get_current_timezone_name()))
        return HttpResponse()

    request = RequestFactory().get("/")
    request.user = user
    request.session = SessionStore()
    CurrentUserMiddleware(view)(request)
    assert timezone.get_current_timezone_name() == "UTC"
    assert context.actor_id() is None
    return found[0]


def test_a_user_s_zone_and_id_hold_for_the_request(bob: User) -> None:
    bob.time_zone = "Asia/Kathmandu"
    assert seen(bob) == (bob.pk, "Asia/Kathmandu")


def test_a_zone_that_is_no_more_gives_the_house_s(bob: User) -> None:
    bob.time_zone = "Mars/Olympus"
    assert seen(bob) == (bob.pk, "UTC")


def test_a_stranger_has_neither(db: None) -> None:
    assert seen(AnonymousUser()) == (None, "UTC")
