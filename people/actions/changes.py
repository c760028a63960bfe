"""Validating and saving field by field, and what the event says about it."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, cast

from django.core.exceptions import ValidationError
from django.db import models

from core.errors import Invalid, NotFound

M = TypeVar("M", bound=models.Model)

NUL_MESSAGE = "This contains a character that cannot be stored."


def locked(instance: M) -> M:
    """The row as it is now, locked until the transaction ends. Raises NotFound when it is gone."""
    model = cast("type[M]", instance._meta.model)  # not its type: request.user is a lazy stand-in
    found: M | None = model._default_manager.select_for_update(of=("self",)).filter(pk=instance.pk).first()
    if found is None:
        raise NotFound(f"This {instance._meta.verbose_name} does not exist any more.")
    return found


def check_known(names: Iterable[str], known: Iterable[str]) -> None:
    """Raise Invalid for names of fields that may not be set."""
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise Invalid(
            f"Unknown field: {', '.join(unknown)}.", fields={name: ["This field does not exist."] for name in unknown}
        )


def validate(instance: models.Model, only: Iterable[str] | None = None) -> None:
    """Raise Invalid unless the fields (all, or those in `only`) may be stored, uniqueness included."""
    names = {field.name for field in instance._meta.fields}
    exclude = names - set(only) if only is not None else set()
    for name in names - exclude:
        if "\0" in str(instance.__dict__.get(name, "")):
            raise Invalid(NUL_MESSAGE, fields={name: [NUL_MESSAGE]})
        _check_length(instance, name)
    try:
        instance.full_clean(exclude=exclude)
    except ValidationError as error:
        fields = {name: list(messages) for name, messages in error.message_dict.items()}
        raise Invalid(" ".join(message for found in fields.values() for message in found), fields=fields) from None


def _check_length(instance: models.Model, name: str) -> None:
    """The length of long texts, which Django itself checks in forms only. Raises Invalid."""
    field = instance._meta.get_field(name)
    longest = getattr(field, "max_length", None)
    if isinstance(field, models.TextField) and longest and len(instance.__dict__.get(name) or "") > longest:
        told = f"At most {longest:,} characters."
        raise Invalid(told, fields={name: [told]})


def change(instance: models.Model, changes: Mapping[str, Any], *, texts: Iterable[str] = ()) -> dict[str, Any] | None:
    """Set what differs, validate, save those columns; the event's payload, or None when nothing differs.

    texts: fields of which the log keeps the name only.
    """
    changed: dict[str, Any] = {}
    for name, new in changes.items():
        field = instance._meta.get_field(name)
        column = getattr(field, "attname", name)
        old = getattr(instance, column)
        setattr(instance, name, new)
        if getattr(instance, column) != old:
            changed[name] = (column, old)
    if not changed:
        return None
    validate(instance, only=changed)
    instance.save(update_fields=list(changed))
    pairs = {
        column: [old, getattr(instance, column)] for name, (column, old) in changed.items() if name not in set(texts)
    }
    return {"changes": pairs, "texts": sorted(set(changed) & set(texts))}


def actor_id(actor: models.Model | None) -> int | None:
    """The id to record; None for the system."""
    return actor.pk if actor else None
