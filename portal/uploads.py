"""Files: sent ahead by script or along with the form, kept while a form is mended."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from core.errors import DomainError, Invalid
from people.models import User
from portal import limits
from portal.base import portal_view, reader
from tickets import actions
from tickets.models import Attachment


@portal_view
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Take one file ahead of its message. JSON: ``id``, ``name``, ``size``; or ``error``."""
    return take(request, reader(request))


@portal_view
@require_POST
def remove(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Drop a file that was sent ahead."""
    return drop(request, upload_id, reader(request))


def take(request: HttpRequest, actor: User | None) -> HttpResponse:
    """See ``upload``."""
    try:
        limits.check(request, "upload")
        given = request.FILES.get("file")
        if given is None:
            raise Invalid("No file arrived.", fields={"attachments": ["No file arrived. Please choose it again."]})
        stored = actions.store_upload(given, actor=actor)
    except DomainError as error:
        return JsonResponse({"error": first_message(error)}, status=error.status)
    return JsonResponse({"id": str(stored.pk), "name": stored.name, "size": stored.size}, status=201)


def drop(request: HttpRequest, upload_id: UUID, actor: User | None) -> HttpResponse:
    """See ``remove``. A file of somebody else is the same as none."""
    actions.discard_upload(upload_id, actor=actor)
    return HttpResponse(status=204)


def first_message(error: DomainError) -> str:
    """What a person should read of an error."""
    return next((text for texts in error.fields.values() for text in texts), error.message)


def limits_shown() -> dict[str, int]:
    """What a form says about files."""
    most = settings.ATTACHMENT_MAX_BYTES
    return {"files": settings.ATTACHMENTS_PER_MESSAGE, "bytes": most, "megabytes": most // 1024**2}


def collect(request: HttpRequest, actor: User | None) -> tuple[list[Attachment], list[str]]:
    """The form's files: those sent ahead (hidden ids) and those that came along, which are stored now.

    Returns them with what is wrong with the others. A file ticked for removal is left out."""
    ids, errors = _ids(request)
    kept = list(Attachment.objects.filter(pk__in=ids, message=None, ticket=None, uploaded_by=actor)) if ids else []
    if actor is not None and len(kept) < len(ids):  # sent before they logged in
        kept += list(Attachment.objects.filter(pk__in=ids, message=None, ticket=None, uploaded_by=None))
    if len(kept) < len(ids):
        errors.append("A file is no longer there. Please attach it again.")
    for given in request.FILES.getlist("files"):
        if len(kept) >= settings.ATTACHMENTS_PER_MESSAGE:
            errors.append(f"At most {settings.ATTACHMENTS_PER_MESSAGE} files. The others were not kept.")
            break
        try:
            limits.check(request, "upload")
            kept.append(actions.store_upload(given, actor=actor))
        except DomainError as error:
            errors.append(first_message(error))
    return kept, errors


def _ids(request: HttpRequest) -> tuple[list[UUID], list[str]]:
    gone = set(request.POST.getlist("remove_upload"))
    wanted = [value for value in dict.fromkeys(request.POST.getlist("uploads")) if value not in gone]
    found = [parsed for value in wanted[:50] if (parsed := _uuid(value))]
    if len(wanted) > settings.ATTACHMENTS_PER_MESSAGE:
        told = f"At most {settings.ATTACHMENTS_PER_MESSAGE} files a message."
        return found[: settings.ATTACHMENTS_PER_MESSAGE], [told]
    return found, []


def _uuid(value: Any) -> UUID | None:
    try:
        return uuid.UUID(value)
    except (ValueError, TypeError, AttributeError):
        return None
