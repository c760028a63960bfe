"""Configuration mistakes, told before anything is served."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from helpdesk import env


@register(Tags.security)
def environment(**_: Any) -> list[CheckMessage]:
    """Every environment variable that could not be understood."""
    return [
        Error(f"{name}: {what}", hint=f"Correct or unset the environment variable {name}.", id="helpdesk.E001")
        for name, what in env.problems
    ]


@register(Tags.security)
def addresses(**_: Any) -> list[CheckMessage]:
    """SITE_URL must be absolute, and TLS must be told to Django when it is used."""
    found: list[CheckMessage] = []
    if not settings.SITE_URL.startswith(("http://", "https://")):
        found.append(
            Error(
                f"SITE_URL: {settings.SITE_URL!r} is not an http(s) address",
                hint="Set SITE_URL to what people type, for example https://help.example.com",
                id="helpdesk.E002",
            )
        )
    if settings.DEBUG and settings.SITE_URL.startswith("https://"):
        found.append(
            Warning(
                "DEBUG is on for a public https address",
                hint="Unset DEBUG: error pages would show code and settings to anybody.",
                id="helpdesk.W001",
            )
        )
    return found
