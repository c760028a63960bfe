"""One's own profile: three fields, and no others."""

from collections.abc import Callable

import pytest
from django.test import Client

from people.models import User
from tests.cast import Cast

As = Callable[[User], Client]


def test_name_zone_and_theme_are_saved(cast: Cast, as_: As) -> None:
    as_(cast.alice).post("/profile/", {"name": "Alice A.", "time_zone": "Europe/Madrid", "theme": "dark"})
    user = User.objects.get(pk=cast.alice.pk)
    assert (user.name, user.time_zone, user.theme) == ("Alice A.", "Europe/Madrid", "dark")
    assert 'data-theme="dark"' in as_(cast.alice).get("/profile/").content.decode()


def test_role_organisation_and_address_are_not_looked_at(cast: Cast, as_: As) -> None:
    evil = {"name": "A", "role": "admin", "is_staff": "1", "organisation": "999", "email": "x@y.example",
            "is_vip": "on", "sees_organisation": "on", "id": cast.bob.pk, "user": cast.bob.pk}  # fmt: skip
    before = User.objects.values().get(pk=cast.alice.pk)
    as_(cast.alice).post("/profile/", evil)
    after = User.objects.values().get(pk=cast.alice.pk)
    assert {key for key in after if after[key] != before[key]} <= {"name", "last_login"}
    assert User.objects.get(pk=cast.bob.pk).name == "Bob"


@pytest.mark.parametrize(
    ("field", "value"), [("name", "n" * 400), ("time_zone", "Mars/Base"), ("theme", "pink"), ("name", "a\x00b")]
)
def test_a_bad_value_is_told_beside_its_field(cast: Cast, as_: As, field: str, value: str) -> None:
    answer = as_(cast.alice).post("/profile/", {field: value})
    assert answer.status_code == 400 and f'id="{field}-error"' in answer.content.decode()
