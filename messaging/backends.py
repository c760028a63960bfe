"""Django's own way of sending mail (allauth, error mails) ends in the outbox too."""

import uuid
from collections.abc import Sequence
from email.mime.base import MIMEBase
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from core.errors import DomainError
from messaging.actions import queue_mail

KIND = "account"


class OutboxBackend(BaseEmailBackend):
    """Queues one row for each recipient; nothing is sent inline. The sender is always ours."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Queue the messages in one transaction; return how many had a recipient. Raises Invalid for bad addresses."""
        try:
            with transaction.atomic():
                return sum(_queue(message) for message in email_messages)
        except DomainError:
            if not self.fail_silently:
                raise
            return 0


def _queue(message: EmailMessage) -> bool:
    recipients = message.recipients()
    text, html = _bodies(message)
    attachments = [_kept(item) for item in message.attachments] if recipients else []
    for address in recipients:
        queue_mail(
            kind=KIND,
            to=address,
            subject=str(message.subject),
            text=text,
            html=html,
            attachments=attachments,
            automatic=True,
            actor=None,
        )
    return bool(recipients)


def _bodies(message: EmailMessage) -> tuple[str, str]:
    body = str(message.body)
    if message.content_subtype == "html":
        return "", body
    alternatives: Any = getattr(message, "alternatives", [])
    return body, next(
        (str(content) for content, mime_type in alternatives if mime_type == "text/html"),
        "",
    )


def _kept(item: Any) -> dict[str, str]:
    """The attachment in the default storage, where the sender finds it."""
    if isinstance(item, MIMEBase):
        name, content, content_type = (
            item.get_filename(),
            item.get_payload(decode=True),
            item.get_content_type(),
        )
    else:
        name, content, content_type = item
    data = content.encode() if isinstance(content, str) else bytes(content)
    path = default_storage.save(f"mail/{uuid.uuid4().hex}", ContentFile(data))
    return {
        "name": name or "attachment",
        "content_type": content_type or "application/octet-stream",
        "path": path,
    }
