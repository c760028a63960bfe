"""Who gets in, and how far."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from api.checks import check_rates
from people.actions import create_api_token, deactivate_user, revoke_api_token
from people.models import ApiToken
from tests.api.caller import Caller
from tests.cast import Cast


def refused(answer: Any, code: str) -> None:
    assert answer.status_code == 401 and answer.data["code"] == code
    assert answer.headers["WWW-Authenticate"] == 'Token realm="api"'


def test_no_token(cast: Cast) -> None:
    refused(Caller().get("tickets/"), "not_authenticated")
    for header in ("Bearer abc", "Token", "Basic YTpi", "", "\x00"):
        assert Caller(Authorization=header).get("tickets/").status_code == 401


@pytest.mark.parametrize("key", ["nope", "x" * 5000, "ü", "a b", "hd_" + "A" * 43])
def test_wrong_tokens(cast: Cast, key: str) -> None:
    refused(Caller(key).get("tickets/"), "invalid_token")


def test_a_session_does_not_count(cast: Cast) -> None:
    caller = Caller()
    caller.client.force_login(cast.adam)
    assert caller.get("tickets/").status_code == 401
    assert caller.post("tickets/", {}).status_code == 401


def test_revoked_expired_or_of_a_deactivated_user(cast: Cast) -> None:
    soon = timezone.now() + timedelta(hours=1)
    revoked, one = create_api_token(cast.dora, ["*"], actor=None)
    _, two = create_api_token(cast.dora, ["*"], actor=None, expires_at=soon)
    _, three = create_api_token(cast.erik, ["*"], actor=None)
    assert [Caller(key).get("tickets/").status_code for key in (one, two, three)] == [200, 200, 200]
    revoke_api_token(revoked, actor=None)
    deactivate_user(cast.erik, actor=None)
    with time_machine.travel(soon + timedelta(seconds=1)):
        for key in (one, two, three):
            refused(Caller(key).get("tickets/"), "invalid_token")


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        (["*"], "read write people"), (["read"], "read people"), (["write"], "write"), (["tickets"], "read write"),
        (["tickets:read"], "read"), (["tickets:write"], "write"), (["customers:read"], "people"), (["other"], ""),
        ([], ""),
        (["read", "write"], "read write people"),
    ],
)  # fmt: skip
def test_scopes(cast: Cast, scopes: list[str], allowed: str) -> None:
    _, key = create_api_token(cast.dora, scopes, actor=None)
    number = cast.ticket().number
    calls = {
        "read": Caller(key).get(f"tickets/{number}/"),
        "write": Caller(key).patch(f"tickets/{number}/", {"priority": "high"}),
        "people": Caller(key).get("customers/"),
    }
    for name, answer in calls.items():
        assert answer.status_code == (200 if name in allowed.split() else 403), name
        assert answer.status_code == 200 or answer.data["code"] == "missing_scope"


@pytest.mark.parametrize("path", ["customers/", "organisations/", "teams/", "agents/"])
def test_the_address_book_is_for_staff(cast: Cast, alice: Any, path: str) -> None:
    rows = {"customers/": cast.bob, "organisations/": cast.acme, "teams/": cast.legal, "agents/": cast.dora}
    for where in (path, f"{path}{rows[path].pk}/", f"{path}999999/"):
        assert alice.get(where).status_code == 403


def test_use_is_noted_once_a_minute(cast: Cast) -> None:
    token, key = create_api_token(cast.dora, ["*"], actor=None)
    start = timezone.now()
    seen = []
    for seconds in (0, 30, 70):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            Caller(key).get("tickets/")
        seen.append(ApiToken.objects.get(pk=token.pk).last_used_at)
    assert seen[0] == seen[1] == start and seen[2] == start + timedelta(seconds=70)


def rates(**changed: str) -> dict[str, Any]:
    return settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": {"token": "6000/min", "anonymous": "60/min"} | changed}


@pytest.mark.parametrize(("rate", "problems"), [("6000/min", 0), ("5/s", 0), ("fast", 1), ("0/min", 1), ("5/week", 1)])
def test_a_rate_that_cannot_work_is_told_at_the_start(settings: Any, rate: str, problems: int) -> None:
    settings.REST_FRAMEWORK = rates(token=rate)
    assert len(check_rates()) == problems


def limited(answer: Any) -> None:
    assert answer.status_code == 429 and answer.data["code"] == "throttled"
    assert 1 <= int(answer.headers["Retry-After"]) <= 3600


def test_a_token_has_its_rate(cast: Cast, as_: Any, settings: Any) -> None:
    settings.REST_FRAMEWORK = rates(token="3/hour")
    dora, erik = as_(cast.dora), as_(cast.erik)
    assert [dora.get("teams/").status_code for _ in range(3)] == [200] * 3
    limited(dora.get("teams/"))
    assert erik.get("teams/").status_code == 200


def test_refused_requests_count_too(cast: Cast, as_: Any, settings: Any) -> None:
    settings.REST_FRAMEWORK = rates(token="3/hour")
    reader = as_(cast.dora, "tickets:read")
    assert [reader.post("tickets/", {}).status_code for _ in range(3)] == [403] * 3
    limited(reader.post("tickets/", {}))


def test_an_address_that_guesses_tokens_is_stopped(cast: Cast, dora: Any, settings: Any) -> None:
    settings.REST_FRAMEWORK = rates(anonymous="3/hour")
    assert [Caller(f"guess{i}").get("tickets/").status_code for i in range(3)] == [401] * 3
    limited(Caller("guess").get("tickets/"))
    limited(Caller("guess", **{"X-Forwarded-For": "203.0.113.9"}).get("tickets/"))
    assert dora.get("tickets/").status_code == 200  # whoever has a token does not suffer
