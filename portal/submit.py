"""Writing to us: one form, its questions chosen by the category."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from core.errors import Conflict, DomainError, Invalid
from core.text import one_line
from people.actions.customers import clean_email
from people.models import User
from portal import intake, limits, questions, uploads
from portal.base import form_token, page, portal_view, reader, words
from tickets import actions, validation
from tickets.custom_fields import clean_values
from tickets.models import Attachment, Category, Channel, Ticket

Errors = dict[str, list[str]]
SENT = "portal_sent"
NAME_MAX = 150


@portal_view
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form; a POST opens the ticket, or shows what is wrong beside each field."""
    if request.method != "POST":
        return _show(request, {}, [])
    started = time.monotonic()
    actor = reader(request)
    files, file_errors = uploads.collect(request, actor)
    errors: Errors = {"attachments": file_errors} if file_errors else {}
    if "refresh" in request.POST:  # without script: another category, other questions
        return _show(request, errors, files)
    status = 400
    try:
        ticket = _open(request, actor, files, errors)
    except DomainError as error:
        errors = {**errors, **error.fields} if error.fields else {**errors, "": [error.message]}
        status = error.status
    else:
        request.session[SENT] = {"number": ticket.number, "to": ticket_address(request, actor)}
        _steady(actor, started)
        return redirect("portal:sent")
    return _show(request, errors, files, status)


def _steady(actor: User | None, started: float) -> None:
    """A stranger learns nothing from the time it took: a known address costs less work than a new one."""
    if actor is None:
        time.sleep(max(0.0, settings.STEADY_ANSWER_SECONDS - (time.monotonic() - started)))


def ticket_address(request: HttpRequest, actor: User | None) -> str:
    """Where the confirmation goes, as the visitor typed it."""
    return actor.email if actor else one_line(request.POST.get("email", ""))[:254]


@portal_view
@require_GET
def fields(request: HttpRequest) -> HttpResponse:
    """The questions of one category, for the form that changes its category by script."""
    category = questions.chosen(request.GET.get("category", ""), questions.choices())
    form = questions.form_for(category)
    asked = questions.questions(category, form, request, {})
    return page(request, "portal/_questions.html", {"questions": asked, "form": form})


@portal_view
@require_GET
def sent(request: HttpRequest) -> HttpResponse:
    """What happens next. Its content is the visitor's own session's; without one it leads home."""
    told = request.session.get(SENT)
    if not isinstance(told, dict):
        return redirect("portal:home")
    return page(request, "portal/sent.html", {"number": told.get("number"), "to": told.get("to")})


def _open(request: HttpRequest, actor: User | None, files: list[Attachment], errors: Errors) -> Ticket:
    """The ticket of a form without a fault. Raises Invalid with all faults at once, TooMany, NotAllowed."""
    data = request.POST
    found: Errors = dict(errors)
    category = _category(data.get("category", ""), found)
    form = questions.form_for(category)
    asked = questions.questions(category, form, request, {})
    subject = _try(found, lambda: validation.subject(data.get("subject", "")))
    body = _try(found, lambda: validation.body(data.get("body", "")))
    given = questions.answers(asked)
    answers = _try(found, lambda: clean_values(given, category=category, form=form, by_customer=True))
    if actor is None:
        _check_stranger(request, found)
    if found:
        raise Invalid("Some fields need another look.", fields=found)
    requester = actor or _sender(request)
    ticket = actions.create_ticket(
        actions.NewTicket(
            requester=requester,
            subject=subject,
            body=body,
            channel=Channel.PORTAL,
            type=form.ticket_type if form else "question",
            category=category,
            form=form,
            fields=answers,
            attachment_ids=[file.pk for file in files],
            client_token=form_token(request),
        ),
        actor=actor,
    )
    if ticket.subject != subject:  # not a second click: the page was gone back to, and something else written
        raise Conflict("This form was sent before. Press Send once more, and your new message goes out, too.")
    return ticket


def _try(errors: Errors, check: Callable[[], Any]) -> Any:
    try:
        return check()
    except Invalid as error:
        errors.update(error.fields)
        return None


def _category(key: str, errors: Errors) -> Category | None:
    if not key:
        return None
    category = questions.chosen(key, questions.choices())
    if category is None:
        errors["category"] = ["Choose one from the list."]
    return category


def _check_stranger(request: HttpRequest, errors: Errors) -> None:
    data = request.POST
    _try(errors, lambda: clean_email(data.get("email", "")))
    if len(data.get("name", "")) > NAME_MAX:
        errors["name"] = [f"At most {NAME_MAX} characters."]
    if data.get("website"):  # people do not see this field; programs fill in all they find
        errors["website"] = ["Leave this field empty: it is there to tell people from programs."]


def _sender(request: HttpRequest) -> User:
    email = clean_email(request.POST.get("email", ""))
    limits.check(request, "write")
    limits.check(request, "write_as", key=email)
    return intake.sender(email, one_line(request.POST.get("name", "")))


def _show(request: HttpRequest, errors: Errors, files: list[Attachment], status: int = 200) -> HttpResponse:
    among = questions.choices()
    key = (request.POST if request.method == "POST" else request.GET).get("category", "")
    category = questions.chosen(key, among)
    form = questions.form_for(category)
    asked = questions.questions(category, form, request, errors)
    typed = {name: request.POST.get(name, "") for name in ("name", "email", "subject", "body")}
    if request.method != "POST":
        typed["subject"] = words(request)[: validation.SUBJECT_MAX]
    given = {
        "choices": among,
        "category": category,
        "form": form,
        "questions": asked,
        "typed": typed,
        "files": files,
        "errors": errors,
        "summary": _summary(errors, asked),
        "client_token": form_token(request, fresh=status == 409),
        "limits": uploads.limits_shown(),
    }
    return page(request, "portal/new.html", given, status)


_LABELS = {"name": "Your name", "email": "Your e-mail", "category": "Topic", "subject": "Subject", "body": "Message",
           "attachments": "Files", "website": "Website"}  # fmt: skip


def _summary(errors: Errors, asked: list[questions.Question]) -> list[tuple[str, str, str]]:
    """(id of the field, its label, what is wrong) for the list above the form."""
    labels = {question.name: (question.id, question.field.label) for question in asked}
    order = ["", *list(_LABELS)[:5], *labels, *list(_LABELS)[5:]]
    found = []
    for name in sorted(errors, key=lambda name: order.index(name) if name in order else len(order)):
        place, label = labels.get(name, (name, _LABELS.get(name, "")))
        found += [(place, label, text) for text in errors[name]]
    return found
