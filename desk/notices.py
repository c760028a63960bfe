"""The bell: what somebody should know, newest first."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from core import registries
from core.errors import NotFound
from desk.access import member, staff_only
from desk.reading import identifier
from desk.shell import desk_page
from notifications import actions, queries
from notifications.models import Notice


@require_GET
@staff_only
def notices(request: HttpRequest) -> HttpResponse:
    """The latest, read and unread."""
    kinds = dict(registries.notice_kinds.items())
    rows = [(notice, kinds.get(notice.kind)) for notice in queries.latest(member(request), 50)]
    return desk_page(request, "desk/notices.html", {"rows": rows}, area="notices")


@require_POST
@staff_only
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all as read."""
    actions.mark_read(member(request))
    return redirect("desk:notices")


@require_POST
@staff_only
def open_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one as read and go where it leads."""
    user = member(request)
    notice = Notice.objects.filter(user=user, pk=identifier(str(pk))).first()
    if notice is None:
        raise NotFound("There is no such notice.")
    actions.mark_read(user, [notice.pk])
    inside = notice.url.startswith("/") and url_has_allowed_host_and_scheme(notice.url, allowed_hosts=None)
    return redirect(notice.url if inside else "desk:notices")
