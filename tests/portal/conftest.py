"""The cast in front of the portal."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from people.models import User
from tests.cast import Cast, make_cast
from tickets.guest_links import make_token
from tickets.models import Ticket


@pytest.fixture(autouse=True)
def _quick(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting; log-in limits in this process; nobody is rung for."""
    from core import bell

    settings.STEADY_ANSWER_SECONDS = 0
    settings.CACHES = {
        name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"} for name in ("default", "local")
    }
    monkeypatch.setattr(bell, "ring", lambda task=bell.TASK: True)


@pytest.fixture
def cast(db: None) -> Cast:
    from django.core.cache import cache

    cache.clear()
    return make_cast()


@pytest.fixture
def as_(cast: Cast) -> Callable[[User], Client]:
    """A browser in which that person is logged in."""

    def logged_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="people.backends.RoleBackend")
        return client

    return logged_in


@pytest.fixture
def guest_url() -> Callable[..., str]:
    """The signed address of a ticket for a person."""

    def url(ticket: Ticket, user: User, rest: str = "") -> str:
        return f"/t/{make_token(ticket, user)}/{rest}"

    return url
