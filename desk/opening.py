"""A new ticket on behalf of a customer: somebody called, met us, or wrote elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from core.errors import Conflict, DomainError, Invalid
from core.text import storable
from desk import options
from desk.access import member, staff_only
from desk.choosing import chosen_assignee, chosen_category, chosen_team
from desk.reading import fresh_token, listed, token, words
from desk.shell import desk_page
from desk.talk import kept_uploads, take_uploads
from people.actions import ensure_customer
from people.models import User
from people.queries import visible_users
from tickets import actions, validation
from tickets.custom_fields import applicable
from tickets.models import Channel, CustomField, FieldKind

CHANNELS = ("phone", "email", "chat", "social", "community", "web")
PLAIN = (
    "email", "name", "subject", "body", "priority", "type", "channel", "category", "team", "assignee", "tags", "cc",
)  # fmt: skip


@require_http_methods(["GET", "POST"])
@staff_only
def new_ticket(request: HttpRequest) -> HttpResponse:
    """The form, and what it opens."""
    if request.method == "GET":
        return _form(request, request.GET, {})
    user = member(request)
    ids: list[Any] = []
    try:
        take_uploads(request, user, ids)
        with transaction.atomic():  # a customer made for a ticket that is refused is not kept
            ticket = actions.create_ticket(_wanted(request.POST, ids, user, token(request)), actor=user)
            if ticket.subject != validation.subject(request.POST.get("subject", "")):
                # Not a second click: the page was gone back to, and something else written.
                raise Conflict("This form was sent before. Send it once more to open another ticket.")
    except DomainError as error:
        errors = error.fields or {"form": [error.message]}
        kept = [str(pk) for pk in ids] or request.POST.getlist("attachment")
        return _form(request, request.POST, errors, kept=kept, status=error.status)
    return redirect("desk:ticket", number=ticket.number)


def _wanted(data: QueryDict, ids: list[Any], user: User, form_token: str | None) -> actions.NewTicket:
    """The ticket the form asks for. Raises Invalid with all mistakes at once."""
    errors: dict[str, list[str]] = {}
    if not words(data.get("subject")):
        errors["subject"] = ["Say in a few words what it is about."]
    if not storable(data.get("body", "")).strip():
        errors["body"] = ["Write what the customer said."]
    chosen = {
        "category": _read(errors, "category", lambda: chosen_category(data.get("category", ""))),
        "team": _read(errors, "team", lambda: chosen_team(data.get("team", ""), user)),
        "assignee": _read(errors, "assignee", lambda: chosen_assignee(data.get("assignee", ""), user)),
    }
    if not errors:  # nobody is made a customer for a ticket that cannot be
        chosen["requester"] = _read(errors, "email", lambda: _person(data.get("email"), data.get("name"), user))
        chosen["cc"] = _read(errors, "cc", lambda: [_person(address, "", user) for address in listed(data.get("cc"))])
    if errors:
        raise Invalid("Some fields need another look.", fields=errors)
    return actions.NewTicket(
        **chosen,
        subject=data.get("subject", ""),
        body=data.get("body", ""),
        channel=data.get("channel", "phone") if data.get("channel") in CHANNELS else "phone",
        priority=data.get("priority") or "normal",
        type=data.get("type") or "question",
        tags=listed(data.get("tags")),
        fields=_answers(data),
        attachment_ids=ids,
        client_token=form_token,
    )


def _read(errors: dict[str, list[str]], name: str, get: Callable[[], Any]) -> Any:
    """What ``get`` finds; its refusal goes to the errors, under the form's name for the field."""
    try:
        return get()
    except Invalid as error:
        errors[name] = [text for texts in error.fields.values() for text in texts] or [error.message]
        return None


def _person(address: str | None, name: str | None, user: User) -> User:
    return ensure_customer(words(address, 300), words(name, 150), actor=user)


def _answers(data: QueryDict) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in data:
        if key.startswith("fields."):
            values = [value for value in data.getlist(key) if value]
            if values:
                found[key.removeprefix("fields.")] = values if data.get(f"several.{key}") else values[0]
    return found


def _form(
    request: HttpRequest,
    data: QueryDict,
    errors: dict[str, list[str]],
    *,
    kept: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    user = member(request)
    choices = options.load(user)
    values = {name: storable(data.get(name, "")) for name in PLAIN}
    values["priority"] = values["priority"] or "normal"
    values["channel"] = values["channel"] or "phone"
    questions = _questions(data, errors)
    context = {
        "options": choices,
        "channels": [choice for choice in Channel.choices if choice[0] in CHANNELS],
        "values": values,
        "errors": {name: " ".join(texts) for name, texts in errors.items()},
        "questions": questions,
        "uploads": kept_uploads(kept or [], user),
        "token": fresh_token() if request.method != "POST" or status == 409 else token(request),
        "max_files": settings.ATTACHMENTS_PER_MESSAGE,
    }
    return desk_page(request, "desk/new.html", context, area="new", status=status)


def _questions(data: QueryDict, errors: dict[str, list[str]]) -> list[dict[str, Any]]:
    """The custom fields that the chosen category asks for."""
    try:
        category = chosen_category(data.get("category", ""))
    except Invalid:
        category = None
    return [_question(found, data, errors) for found, _ in applicable(category, None, by_customer=False)]


def _question(found: CustomField, data: QueryDict, errors: dict[str, list[str]]) -> dict[str, Any]:
    name = f"fields.{found.key}"
    choices = (
        [("true", "Yes"), ("false", "No")] if found.kind == FieldKind.CHECKBOX else [(c, c) for c in found.choices]
    )
    kinds = {"choice": "select", "checkbox": "select", "multi_choice": "several", "date": "date", "log": "area"}
    return {
        "name": name, "id": name.replace(".", "-"), "label": found.label, "kind": kinds.get(found.kind, "text"),
        "help": found.help_text, "choices": choices, "value": storable(data.get(name, "")),
        "values": data.getlist(name), "error": " ".join(errors.get(name, [])),
    }  # fmt: skip


@require_GET
@staff_only
def find_people(request: HttpRequest) -> JsonResponse | HttpResponse:
    """Customers whose name or address begins so, for the requester's field."""
    text = words(request.GET.get("q"), 80)
    if len(text) < 2:
        return JsonResponse({"people": []})
    people = visible_users(member(request)).active().filter(Q(name__icontains=text) | Q(email__istartswith=text))
    found = people.select_related("organisation").order_by("name", "email")[:8]
    return JsonResponse(
        {"people": [{"email": p.email, "name": p.name, "organisation": str(p.organisation or "")} for p in found]}
    )
