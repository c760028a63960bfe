"""How much a stranger may send. Counted where the log-in limits are: in the database, for all processes."""

from allauth.core.internal.ratelimit import consume
from django.http import HttpRequest

from core.errors import TooMany

RATES = {
    "write": "6/m/ip,40/h/ip",
    "write_as": "5/10m/key,20/d/key",
    "upload": "30/m/ip,200/h/ip",
    "reply": "20/m/ip",
    "draft": "60/m/key",
    "copy": "20/h/key",
}
TOLD = "That were many requests in a short time. Please wait a few minutes; what you wrote is still here."


def check(request: HttpRequest, what: str, key: str | None = None) -> None:
    """Count one ``what``. Raises TooMany when this network address (or ``key``) did it too often."""
    if consume(request, app="portal", action=what, config=RATES, key=key) is None:
        raise TooMany(TOLD)
