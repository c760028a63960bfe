"""Replying, noting, drafting, attaching."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from core.errors import Conflict, DomainError, Invalid, NotFound
from core.text import storable
from desk.access import member, staff_only, told
from desk.reading import token, uuids, words
from desk.tickets import Typed, ticket_page
from people.models import User
from tickets import actions, validation
from tickets.models import Attachment, Ticket, Visibility
from tickets.queries import mentionable, ticket_by_number


def take_uploads(request: HttpRequest, user: User, found: list[UUID]) -> None:
    """Add the files of a form to ``found``: those uploaded before, and those that came with it (without JavaScript).

    Every file is tried, and what is accepted is in ``found`` even when another is not; then Invalid or TooLarge is
    raised with a word for each that was refused."""
    found += uuids(request.POST.getlist("attachment"))
    refusals: list[DomainError] = []
    for upload in request.FILES.getlist("files"):
        try:
            found.append(actions.store_upload(upload, actor=user).pk)
        except DomainError as error:
            refusals.append(error)
    if refusals:
        told = [text for error in refusals for text in error.fields.get("attachments", [error.message])]
        refusals[0].fields["attachments"] = told
        raise refusals[0]


def kept_uploads(values: Iterable[str], user: User) -> list[Attachment]:
    """The person's files that are uploaded and not sent, for showing a refused form again."""
    try:
        ids = uuids(values)
    except Invalid:
        return []
    return list(Attachment.objects.filter(pk__in=ids, message=None, uploaded_by=user))


@require_POST
@staff_only
def add_message(request: HttpRequest, number: int) -> HttpResponse:
    """A reply or an internal note."""
    user = member(request)
    ticket = ticket_by_number(user, number)
    visibility = request.POST.get("visibility", "")
    ids: list[UUID] = []
    try:
        take_uploads(request, user, ids)
        message = actions.add_message(
            ticket,
            actor=user,
            body=request.POST.get("body", ""),
            visibility=visibility,
            channel="web",
            attachment_ids=ids,
            then_status=words(request.POST.get("then_status"), 20),
            client_token=token(request),
        )
        if (message.visibility, message.body) != (visibility, validation.body(request.POST.get("body", ""))):
            # Not a second click: the page was gone back to, and something else written.
            raise Conflict("This was sent before. Send once more, and your new text goes out, too.", code="sent_before")
    except NotFound:
        raise
    except DomainError as error:
        return _again(request, ticket, visibility, ids, error)
    return redirect(f"{reverse('desk:ticket', args=[message.ticket.number])}#message-{message.pk}")


def _again(request: HttpRequest, ticket: Ticket, visibility: str, ids: list[UUID], error: DomainError) -> HttpResponse:
    kept = [str(pk) for pk in ids] or request.POST.getlist("attachment")
    typed = Typed(
        visibility=Visibility.PUBLIC if visibility == Visibility.PUBLIC else Visibility.INTERNAL,  # in doubt inside
        body=storable(request.POST.get("body", "")),
        uploads=kept_uploads(kept, member(request)),
        token=token(request) or "" if error.status != 409 else "",  # that one may be used up
        errors=[text for texts in error.fields.values() for text in texts] or [error.message],
    )
    return ticket_page(request, ticket.number, typed, status=error.status)


@require_POST
@staff_only
def save_draft(request: HttpRequest, number: int) -> JsonResponse | HttpResponse:
    """Keep what is being typed; answers with the time it was kept at."""
    user = member(request)
    ticket = ticket_by_number(user, number)
    try:
        draft = actions.save_draft(
            ticket, actor=user, body=request.POST.get("body", ""), visibility=request.POST.get("visibility", "")
        )
    except NotFound:
        raise
    except DomainError as error:
        return JsonResponse({"error": told(error)}, status=error.status)
    saved = timezone.localtime().strftime("%H:%M") if draft else ""
    return JsonResponse({"saved_at": saved})


@require_POST
@staff_only
def upload(request: HttpRequest) -> JsonResponse | HttpResponse:
    """Take one file before its message is sent."""
    file = request.FILES.get("file")
    if file is None:
        return JsonResponse({"error": "No file arrived."}, status=400)
    try:
        kept = actions.store_upload(file, actor=member(request))
    except DomainError as error:
        texts = [text for found in error.fields.values() for text in found]
        return JsonResponse({"error": " ".join(texts) or error.message}, status=error.status)
    return JsonResponse(
        {"id": str(kept.pk), "name": kept.name, "size": kept.size, "is_image": kept.is_image}, status=201
    )


@require_POST
@staff_only
def discard(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Drop a file that was not sent."""
    actions.discard_upload(pk, actor=member(request))
    return HttpResponse(status=204)


@require_GET
@staff_only
def mentions(request: HttpRequest) -> JsonResponse | HttpResponse:
    """Staff whose name begins so, for @."""
    found = mentionable(member(request), words(request.GET.get("q"), 60))
    return JsonResponse(
        {"people": [{"handle": user.email.partition("@")[0], "name": user.display_name} for user in found]}
    )
