"""One correlation id for everything a request sets off: its answer, its log lines, its events."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from core import context

HEADER = "X-Request-ID"


class CorrelationMiddleware:
    """Bind the correlation id and the channel for the length of a request; answer with X-Request-ID.

    The id is taken from the request's X-Request-ID if that matches ^[A-Za-z0-9._-]{8,64}$, otherwise made.
    settings.CHANNEL_BY_PATH: (prefix, channel) pairs, first match wins; 'web' otherwise.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        correlation_id = given if context.is_safe_correlation_id(given) else context.new_correlation_id()
        with context.bind(correlation_id=correlation_id, channel=channel_of(request.path)):
            response = self.get_response(request)
        response[HEADER] = correlation_id
        return response


def channel_of(path: str) -> str:
    """The channel of a URL path."""
    prefixes: tuple[tuple[str, str], ...] = getattr(settings, "CHANNEL_BY_PATH", DEFAULT_CHANNELS)
    return next((channel for prefix, channel in prefixes if path.startswith(prefix)), "web")


# The portal has the root of the site, so it comes last.
DEFAULT_CHANNELS = (
    ("/api/", "api"),
    ("/admin/", "admin"),
    ("/desk/", "web"),
    ("/accounts/", "web"),
    ("/health/", "web"),
    ("/", "portal"),
)
