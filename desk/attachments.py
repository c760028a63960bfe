"""Files, served only to those who see the ticket they belong to."""

from __future__ import annotations

from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from desk.access import member, staff_only
from people.models import User
from tickets.models import Attachment, Ticket

SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@require_GET
@staff_only
def show(request: HttpRequest, pk: UUID) -> FileResponse | HttpResponse:
    """The file as a download; a verified picture may be shown in place with ``?inline=1``."""
    attachment = Attachment.objects.filter(pk=pk).first()
    if attachment is None or not _may_read(member(request), attachment):
        raise Http404
    inline = attachment.is_image and request.GET.get("inline") == "1"
    try:
        file = attachment.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(
        file, as_attachment=not inline, filename=attachment.name,
        content_type=attachment.content_type if attachment.is_image else "application/octet-stream",
    )  # fmt: skip
    response["Content-Length"] = attachment.size
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = SANDBOX
    response["Cache-Control"] = "private, no-store"
    return response


def _may_read(user: User, attachment: Attachment) -> bool:
    """What is sent goes by the ticket; what is not belongs to its uploader."""
    if attachment.ticket_id is None:
        return attachment.uploaded_by_id == user.pk
    return Ticket.objects.visible_to(user).filter(pk=attachment.ticket_id).exists()
