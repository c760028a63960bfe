"""An outbox row as the bytes that go to a server. The same row always gives the same Message-ID."""

from email.utils import format_datetime, formataddr

from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import default_storage
from django.core.mail import EmailMultiAlternatives

from messaging.drivers.errors import Permanent
from messaging.models import OutgoingMail


def build(mail: OutgoingMail) -> bytes:
    """The mail with CRLF line ends. Raises Permanent when an attachment is gone or a header is bad."""
    try:
        message = EmailMultiAlternatives(
            subject=mail.subject,
            body=mail.text,
            from_email=formataddr((mail.from_name, mail.from_address)),
            to=[formataddr((mail.to_name, mail.to_address))],
            cc=mail.cc,
            reply_to=[mail.reply_to] if mail.reply_to else None,
            headers=_headers(mail),
        )
        if mail.html:
            message.attach_alternative(mail.html, "text/html")
        for item in mail.attachments:
            with default_storage.open(item["path"]) as file:
                message.attach(item["name"], file.read(), item["content_type"])
        return bytes(message.message().as_bytes(linesep="\r\n"))
    except (OSError, ValueError, LookupError, SuspiciousOperation) as error:
        raise Permanent(f"cannot be built: {type(error).__name__}: {error}") from error


def _headers(mail: OutgoingMail) -> dict[str, str]:
    headers = dict(mail.headers)
    headers["Message-ID"] = mail.message_id
    headers["Date"] = format_datetime(mail.created_at)
    if mail.in_reply_to:
        headers["In-Reply-To"] = mail.in_reply_to
    if mail.references:
        headers["References"] = " ".join(mail.references)
    if mail.automatic:
        headers["Auto-Submitted"] = "auto-generated"
        headers["X-Auto-Response-Suppress"] = "All"
    return headers
