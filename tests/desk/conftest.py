"""The cast at the desk: clients that are logged in."""

from collections.abc import Callable

import pytest
from django.test import Client

from people.models import User
from tests.cast import Cast, make_cast

Login = Callable[[User], Client]


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def login() -> Login:
    def logged_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="people.backends.RoleBackend")
        return client

    return logged_in


@pytest.fixture
def dora(cast: Cast, login: Login) -> Client:
    """Dora, agent of the support team."""
    return login(cast.dora)
