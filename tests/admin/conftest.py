"""Adam, logged in."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from django.template import engines
from django.test import Client

from tests.cast import Cast, make_cast


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def adam(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.adam, backend="people.backends.RoleBackend")
    return client


@pytest.fixture(autouse=True)
def _packages_templates() -> Iterator[None]:
    """Unfold counts on names that do not exist being empty, also behind a filter."""
    engine = engines["django"].engine
    with patch.object(engine, "string_if_invalid", ""):
        yield
