"""One correlation id from the request to the last log line."""

import logging

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from core import context
from core.logging import ContextFilter
from core.middleware import CorrelationMiddleware

GOOD = "req-2026.11_21"


def answer(given: str | None, path: str = "/") -> tuple[HttpResponse, str, str]:
    """The answer to a request with that X-Request-ID, and the id and channel in force inside."""
    inside: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        inside.extend([context.correlation_id(), context.channel()])
        return HttpResponse()

    headers = {} if given is None else {"X-Request-ID": given}
    response = CorrelationMiddleware(view)(RequestFactory().get(path, headers=headers))
    return response, inside[0], inside[1]


def test_a_good_id_is_taken_and_answered() -> None:
    response, inside, _ = answer(GOOD)
    assert response["X-Request-ID"] == inside == GOOD
    assert context.bound_correlation_id() == ""


@pytest.mark.parametrize("given", [None, "", "short", "x" * 65, "<script>alert(1)</script>", "abcdefgh\n", "äöüäöüäöü"])
def test_a_bad_id_is_replaced(given: str | None) -> None:
    response, inside, _ = answer(given)
    assert response["X-Request-ID"] == inside != given
    assert len(inside) == 32


@pytest.mark.parametrize(
    ("path", "channel"),
    [("/api/v1/tickets/", "api"), ("/admin/", "admin"), ("/desk/", "web"), ("/", "portal"), ("/new/", "portal")],
)
def test_the_channel_follows_the_path(path: str, channel: str) -> None:
    assert answer(None, path)[2] == channel


def test_inner_bindings_end_with_their_block() -> None:
    with context.bind(channel="email", actor_id=4) as outer:
        with context.bind(channel="system"):
            assert (context.correlation_id(), context.channel(), context.actor_id()) == (outer, "system", 4)
        assert context.channel() == "email"
    assert context.actor_id() is None


def test_unknown_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown channel"), context.bind(channel="fax"):
        pass


def test_log_records_carry_the_id() -> None:
    record = logging.makeLogRecord({})
    with context.bind(correlation_id=GOOD, channel="api", actor_id=9):
        assert ContextFilter().filter(record)
    assert (record.correlation_id, record.channel, record.actor_id) == (GOOD, "api", 9)  # type: ignore[attr-defined]
    assert ContextFilter().filter(record)
    assert record.correlation_id == "-"  # type: ignore[attr-defined]
