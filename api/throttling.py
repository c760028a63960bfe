"""How often: one counter per token, one per address that fails to log in, shared by all processes.

A counter is one row and one statement a request. The database's clock decides, in fixed periods.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from allauth.account.adapter import get_adapter
from django.db import connection
from django.http import HttpRequest
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

_PERIODS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

_COUNT = """
    INSERT INTO api_requestcount AS counted (key, period, count)
    VALUES (%(key)s, floor(extract(epoch FROM clock_timestamp()) / %(seconds)s), 1)
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN counted.period = EXCLUDED.period THEN least(counted.count, 1000000000) + 1 ELSE 1 END,
        period = EXCLUDED.period
    RETURNING count, ceil((period + 1) * %(seconds)s - extract(epoch FROM clock_timestamp()))
"""


def count(key: str, scope: str) -> int:
    """Count one request under ``key``; seconds to wait when it is over the rate of ``scope``, else 0."""
    most, seconds = rate(scope)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"key": key, "seconds": seconds})
        counted, left = cursor.fetchone()
    return max(int(left), 1) if counted > most else 0


def rate(scope: str) -> tuple[int, int]:
    """(requests, seconds) of settings' "6000/min"."""
    number, _, period = str(api_settings.DEFAULT_THROTTLE_RATES[scope]).partition("/")
    return int(number), _PERIODS[period[:1]]


def address_of(request: HttpRequest) -> str:
    """The sender's address, IPv6 by its /64: one household, one counter.

    Forwarded headers count behind a proxy of our own only."""
    try:
        address = ipaddress.ip_address(get_adapter(request).get_client_ip(request))
    except ValueError:
        return "unknown"
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)


def count_failure(request: Request) -> None:
    """A request without a valid token. Raises Throttled when its address has had too many."""
    wait = count(f"failed:{address_of(request._request)}", "anonymous")
    if wait:
        raise Throttled(wait, detail="Too many requests without a valid token.")


class TokenThrottle(BaseThrottle):
    """Per token; what needs no token, per address."""

    def __init__(self) -> None:
        self.seconds = 0

    def allow_request(self, request: Request, view: Any) -> bool:
        """False when over the rate; ``wait`` then tells how long."""
        token = request.auth
        if token is not None:
            self.seconds = count(f"token:{token.pk}", "token")
        else:
            self.seconds = count(f"open:{address_of(request._request)}", "anonymous")
        return not self.seconds

    def wait(self) -> float | None:
        """Seconds until the next period."""
        return self.seconds or None
