"""Configuration mistakes about mail, told before anything is served."""

from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from messaging.server import EXAMPLE, parse_smtp_url


@register()
def mail_server(**_: Any) -> list[CheckMessage]:
    """SMTP_URL, when given, must be understood; a password must not travel in the clear."""
    url = getattr(settings, "SMTP_URL", "")
    if not url:
        return []
    try:
        server = parse_smtp_url(url)
    except ValueError as error:
        return [
            Error(
                f"SMTP_URL: {error}",
                hint=f"Write it like {EXAMPLE}",
                id="messaging.E001",
            )
        ]
    if server.user and server.tls == "none" and not server.is_local:
        return [
            Warning(
                f"SMTP_URL: the password for {server} is sent unencrypted",
                hint="Use ?tls=starttls or ?tls=tls.",
                id="messaging.W001",
            )
        ]
    return []


@register()
def sender(**_: Any) -> list[CheckMessage]:
    """MAIL_FROM must be one address, with or without a name."""
    try:
        validate_email(parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
    except ValidationError:
        hint = "Write it like: Support <support@example.com>"
        return [
            Error(
                f"MAIL_FROM: {settings.DEFAULT_FROM_EMAIL!r} is no address",
                hint=hint,
                id="messaging.E002",
            )
        ]
    return []
