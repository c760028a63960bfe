"""Reads across the outbox."""

from urllib.parse import urlsplit

from django.conf import settings

from messaging.models import OutgoingMail
from messaging.server import LOCAL, configured_server

# Who reads one of these could log in as somebody else.
SECRET_KINDS = frozenset({"login_code", "account"})


def shows_text(mail: OutgoingMail) -> bool:
    """Whether an admin may read the text: login mails only where no server sends them, or with DEBUG."""
    return mail.kind not in SECRET_KINDS or settings.DEBUG or configured_server() is None


def logs_text(mail: OutgoingMail) -> bool:
    """Whether the log may show the text of a kept mail: login mails of a house that only this machine reaches."""
    return mail.kind in SECRET_KINDS and (settings.DEBUG or urlsplit(settings.SITE_URL).hostname in LOCAL)
