"""The cast, each with a token."""

from collections.abc import Callable
from typing import Any

import pytest

from core import bell
from people.actions import create_api_token
from people.models import User
from tests.api.caller import Caller
from tests.cast import Cast, make_cast


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """No broker is rung."""
    monkeypatch.setattr(bell, "ring", lambda *args, **kwargs: True)


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def as_(db: None) -> Callable[..., Caller]:
    """``as_(user, "read")``: a program that holds a token of that user with these scopes (all when left out)."""

    def caller(user: User, *scopes: str) -> Caller:
        _, clear = create_api_token(user, scopes or ("*",), actor=None)
        return Caller(clear)

    return caller


@pytest.fixture
def alice(cast: Cast, as_: Any) -> Caller:
    """The customer's program."""
    return as_(cast.alice)


@pytest.fixture
def dora(cast: Cast, as_: Any) -> Caller:
    """The agent's program."""
    return as_(cast.dora)
