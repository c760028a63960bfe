"""Files: checked, stored under a random name outside the web root, then claimed by a message."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from core.errors import Invalid, NotFound
from people.models import User
from tickets.files import check, display_name
from tickets.models import Attachment, Message, Ticket

UNSENT_KEPT = timedelta(days=2)


def store_upload(upload: UploadedFile | File[bytes], *, actor: User | None, name: str = "") -> Attachment:
    """Check and keep one file, not yet part of any message.

    Raises Invalid (type, zip bomb, empty) or TooLarge, with the field ``attachments``. Bytes go to disk first:
    a file without a row is harmless, a row without a file is not."""
    shown = display_name(name or upload.name or "")
    found = check(upload, shown)
    upload.seek(0)
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    identifier = uuid.uuid4()
    attachment = Attachment(
        id=identifier,
        uploaded_by=actor,
        name=shown,
        size=upload.size or 0,
        content_type=found.content_type,
        is_image=found.is_image,
        sha256=digest.hexdigest(),
    )
    attachment.file.save(f"{identifier.hex[:2]}/{identifier.hex}", upload, save=False)
    attachment.save(force_insert=True)
    return attachment


def discard_upload(attachment_id: UUID, *, actor: User | None) -> None:
    """Drop a file that was not sent yet. Raises NotFound for sent files and other people's."""
    with transaction.atomic():
        rows = Attachment.objects.select_for_update().filter(pk=attachment_id, message=None, uploaded_by=actor)
        attachment = rows.first()
        if attachment is None:
            raise NotFound("There is no such file to remove.")
        file = attachment.file
        attachment.delete()
        transaction.on_commit(lambda: file.storage.delete(file.name))


def forget_uploads(*, actor: User | None, older_than: timedelta = UNSENT_KEPT, limit: int = 500) -> int:
    """Drop files that nobody sent for ``older_than``, at most ``limit`` at once; returns how many.

    Like drafts they were never part of anything, so no event is recorded. A file that is claimed right now is left."""
    with transaction.atomic():
        rows = Attachment.objects.select_for_update(skip_locked=True).filter(
            message=None, ticket=None, created_at__lt=timezone.now() - older_than
        )
        gone = list(rows.order_by("created_at")[:limit])
        Attachment.objects.filter(pk__in=[attachment.pk for attachment in gone]).delete()
        for attachment in gone:
            transaction.on_commit(partial(attachment.file.storage.delete, attachment.file.name), robust=True)
        return len(gone)


def claim_uploads(ids: Sequence[UUID], *, message: Message, ticket: Ticket, actor: User | None) -> int:
    """Make uploaded files part of ``message``; inside the caller's transaction. Returns their number.

    A file uploaded without a login (portal guests) has no owner: whoever knows its random id may claim it once."""
    if len(set(ids)) > settings.ATTACHMENTS_PER_MESSAGE:
        told = f"At most {settings.ATTACHMENTS_PER_MESSAGE} files a message."
        raise Invalid("Too many files.", fields={"attachments": [told]})
    free = Attachment.objects.filter(pk__in=set(ids), message=None, ticket=None)
    owned = free.filter(uploaded_by=actor) | free.filter(uploaded_by=None)
    claimed = owned.update(message=message, ticket=ticket)
    if claimed != len(set(ids)):
        told = "A file is no longer there. Please attach it again."
        raise Invalid(told, fields={"attachments": [told]})
    return claimed
