"""The form's questions: which apply to a category, and what was answered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, QueryDict

from tickets.custom_fields import ancestor_ids, applicable
from tickets.models import Category, CustomField, FieldKind, TicketForm


@dataclass(frozen=True)
class Choice:
    """A category that customers may choose, with the names above it."""

    category: Category
    path: tuple[str, ...]

    @property
    def label(self) -> str:
        return " › ".join(self.path)


def choices() -> list[Choice]:
    """All categories for customers, each below its parent; one statement. A hidden parent hides what is below it."""
    children: dict[int | None, list[Category]] = {}
    for category in Category.objects.filter(is_active=True, on_portal=True).order_by("position", "name"):
        children.setdefault(category.parent_id, []).append(category)
    found: list[Choice] = []

    def add(parent: int | None, path: tuple[str, ...]) -> None:
        for category in children.pop(parent, []):
            found.append(Choice(category, (*path, category.name)))
            add(category.pk, (*path, category.name))

    add(None, ())
    return found


def chosen(key: str, among: list[Choice]) -> Category | None:
    """The category of that key if a customer may choose it."""
    return next((choice.category for choice in among if choice.category.key == key), None)


def form_for(category: Category | None) -> TicketForm | None:
    """The form bound to the category or the nearest one above it; else the one bound to none."""
    forms = TicketForm.objects.filter(is_active=True, on_portal=True).prefetch_related("categories")
    bound: dict[int, TicketForm] = {}
    general: TicketForm | None = None
    for form in forms.order_by("position", "name"):
        ids = [item.pk for item in form.categories.all()]
        general = general or (None if ids else form)
        for pk in ids:
            bound.setdefault(pk, form)
    nearest = next((bound[pk] for pk in ancestor_ids(category) if pk in bound), None)
    return nearest or general


@dataclass
class Question:
    """One question as the form shows it."""

    field: CustomField
    required: bool
    value: Any
    errors: list[str]

    @property
    def name(self) -> str:
        return f"fields.{self.field.key}"

    @property
    def id(self) -> str:
        return f"field-{self.field.key}"

    @property
    def chosen(self) -> list[str]:
        return self.value if isinstance(self.value, list) else [self.value]


def questions(
    category: Category | None, form: TicketForm | None, request: HttpRequest, errors: dict[str, list[str]]
) -> list[Question]:
    """The questions with what was answered so far, and what is wrong with it."""
    found = []
    for custom, required in applicable(category, form, by_customer=True):
        name = f"fields.{custom.key}"
        question = Question(custom, required, _answer(request.POST, custom, name), errors.get(name, []))
        if name not in request.POST and custom.kind == FieldKind.BROWSER:
            question.value = browser_name(request.headers.get("User-Agent", ""))
        found.append(question)
    return found


def answers(found: list[Question]) -> dict[str, Any]:
    """Field key -> answer, without the empty ones."""
    return {question.field.key: question.value for question in found if question.value not in ("", [])}


def _answer(data: QueryDict, custom: CustomField, name: str) -> Any:
    if custom.kind == FieldKind.MULTI_CHOICE:
        return data.getlist(name)[:200]
    return data.get(name, "")


_BROWSERS = (
    ("Edge", r"Edg/(\d+)"),
    ("Opera", r"OPR/(\d+)"),
    ("Firefox", r"Firefox/(\d+)"),
    ("Chrome", r"Chrome/(\d+)"),
    ("Safari", r"Version/(\d+)[\d.]* .*Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iOS", "iPhone|iPad"),
    ("Windows", "Windows"),
    ("macOS", "Mac OS X"),
    ("Linux", "Linux"),
)


def browser_name(agent: str) -> str:
    """'Firefox 128 on Windows', as far as it can be told."""
    browser = next((f"{name} {found[1]}" for name, rule in _BROWSERS if (found := re.search(rule, agent[:400]))), "")
    system = next((name for name, rule in _SYSTEMS if re.search(rule, agent[:400])), "")
    return f"{browser} on {system}" if browser and system else browser
