"""Saving configuration (categories, tags, fields, forms) with its history. The admin and packs call these."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import ProtectedError

from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.event_log import record
from people.models import User
from tickets import events
from tickets.models import Category, CustomField, Tag, Ticket, TicketForm

Configuration = Category | CustomField | Tag | TicketForm


def save_configuration(
    instance: Configuration,
    *,
    actor: User | None,
    then: Callable[[], None] | None = None,
    changed: Collection[str] | None = None,
) -> Configuration:
    """Check and save; ``then`` saves what hangs on it (many-to-many, rows of a form) in the same transaction.

    ``changed``: of a row that exists, only these fields are taken from ``instance``; the rest stays as it is in the
    database by then, so that two admins with the same page open do not undo each other.

    Raises Invalid with the fields at fault (a circle of categories, a choice field without choices)."""
    _require_admin(actor)
    with transaction.atomic():
        if instance.pk and changed is not None:
            instance = _merged(instance, changed)
        _check(instance)
        before = _values(instance) if instance.pk else None
        instance.save()
        if then:
            then()
        after = _values(instance) or {}
        changes = {name: [before[name], value] for name, value in after.items() if before and before[name] != value}
        if before is None or changes or then:
            _record(instance, actor, created=before is None, changes=changes)
        return instance


def _merged(instance: Configuration, changed: Collection[str]) -> Configuration:
    """The row as it is now, locked, with the changed fields of ``instance``. Raises NotFound when it is gone."""
    rows: Any = type(instance)._default_manager.select_for_update(of=("self",))
    current: Configuration | None = rows.filter(pk=instance.pk).first()
    if current is None:
        raise NotFound(f"This {instance._meta.verbose_name} does not exist any more.")
    for field in instance._meta.concrete_fields:
        if field.name in changed:
            setattr(current, field.name, getattr(instance, field.name))
    return current


def _values(instance: Configuration) -> dict[str, Any] | None:
    """The saved row, column by column, with what hangs on it."""
    rows: Any = type(instance)._default_manager.filter(pk=instance.pk).values()
    found: dict[str, Any] | None = rows.first()
    if found is not None and isinstance(instance, CustomField | TicketForm):
        found["categories"] = sorted(instance.categories.values_list("pk", flat=True))
    if found is not None and isinstance(instance, TicketForm):
        asked = instance.form_fields.order_by("position", "pk").values_list("field__key", "required", "position")
        found["form_fields"] = [list(row) for row in asked]
    return found


def delete_configuration(instance: Configuration, *, actor: User | None) -> None:
    """Delete what nothing hangs on; the rest is switched off instead. Raises Conflict when something does.

    The database would let go quietly: tickets would lose their category or tag without a word in their history, and a
    question bound to one category would be asked for all."""
    _require_admin(actor)
    with transaction.atomic():
        users = _users(instance)
        if users:
            raise Conflict(f"{' and '.join(users)} use this. Change them first, or switch this off.")
        _record(instance, actor, deleted=True)
        try:
            instance.delete()
        except ProtectedError as error:
            raise Conflict("Others hang on this. Move or delete them first, or switch it off.") from error


def _users(instance: Configuration) -> list[str]:
    """In words, what would be changed by its going."""
    found: dict[str, Any] = {}
    if isinstance(instance, Category):
        found = {
            "tickets": instance.tickets, "categories": instance.children, "fields": instance.custom_fields,
            "forms": instance.forms,
        }  # fmt: skip
    elif isinstance(instance, Tag):
        found = {"tickets": instance.tickets}
    elif isinstance(instance, CustomField):
        found = {"tickets": Ticket.objects.filter(fields__has_key=instance.key), "forms": instance.forms}
    return [name for name, rows in found.items() if rows.exists()]


def _require_admin(actor: User | None) -> None:
    if actor is not None and not actor.is_staff:
        raise NotAllowed("Only admins change the configuration.")


def _check(instance: Configuration) -> None:
    try:
        instance.full_clean()
    except ValidationError as error:
        fields: dict[str, list[str]] = error.message_dict
        raise Invalid("Some fields need another look.", fields=fields) from error
    if isinstance(instance, Category) and instance.pk and instance.parent and _is_below(instance.parent, instance.pk):
        told = "This category would hang below itself."
        raise Invalid("A circle of categories.", fields={"parent": [told]})
    if isinstance(instance, CustomField):
        _check_field(instance)


def _check_field(instance: CustomField) -> None:
    import re

    if instance.kind in ("choice", "multi_choice") and not instance.choices:
        raise Invalid("Choices are needed.", fields={"choices": ["List at least one choice."]})
    try:
        re.compile(instance.pattern)
    except re.error as error:
        raise Invalid(
            "Not a regular expression.",
            fields={"pattern": [f"At {error.pos}: {error.msg}."]},
        ) from error


def _is_below(category: Category, top: int) -> bool:
    parents: dict[int, int | None] = dict(Category.objects.values_list("pk", "parent_id"))
    seen: set[int] = set()
    current: int | None = category.pk
    while current is not None and current not in seen:
        if current == top:
            return True
        seen.add(current)
        current = parents.get(current)
    return False


def _record(
    instance: models.Model,
    actor: User | None,
    *,
    created: bool = False,
    deleted: bool = False,
    changes: dict[str, Any] | None = None,
) -> None:
    payload = {
        "model": instance._meta.model_name,
        "key": getattr(instance, "key", None) or getattr(instance, "name", ""),
        "changes": changes or {},
        "created": created,
        "deleted": deleted,
    }
    record(
        events.CONFIGURATION_CHANGED,
        instance.pk,
        actor_id=actor.pk if actor else None,
        payload=payload,
    )
