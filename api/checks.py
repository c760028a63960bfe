"""Settings of the API that cannot work are told at the start."""

import re
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

_RATE = re.compile(r"[1-9][0-9]{0,8}/(s|sec|second|m|min|minute|h|hour|d|day)")


@register()
def check_rates(**_: Any) -> list[CheckMessage]:
    """The rates read like 6000/min."""
    framework: dict[str, Any] = settings.REST_FRAMEWORK
    return [
        Error(
            f"The API's rate for “{scope}” is {rate!r}.",
            hint="Set API_RATE to a number of requests in a period, like 6000/min or 100/s.",
            id="api.E001",
        )
        for scope, rate in framework["DEFAULT_THROTTLE_RATES"].items()
        if not _RATE.fullmatch(str(rate))
    ]
