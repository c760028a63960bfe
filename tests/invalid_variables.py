"""A name that one of our own templates asks for and that does not exist fails the test: it is misspelt.

Django prints nothing for it. Meant, and no mistake: a key that a dictionary may or may not have (`errors.subject`),
a parameter of a fragment with a default (`class|default:""`), anything in `{% if %}`. Templates of packages, and ours
that stand in for theirs, are used to missing names.
"""

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template import Context, Variable, VariableDoesNotExist
from django.template.base import FilterExpression

LENIENT = {"allauth", "account", "mfa", "usersessions", "socialaccount", "admin", "unfold"}
DEFAULTS = {"default", "default_if_none"}

_resolve = Variable._resolve_lookup


def fail_on_misspelt_names(patch: pytest.MonkeyPatch) -> None:
    """Until `patch` is undone."""
    patch.setattr(Variable, "_resolve_lookup", _strict)


def _strict(self: Variable, context: Context) -> Any:
    try:
        return _resolve(self, context)
    except VariableDoesNotExist:
        if _is_printed() and _is_misspelt(self, context):
            template = _template(context)
            assert not _is_ours(template), f"{template}: there is no variable {self}"
        raise


def _is_printed() -> bool:
    """Called for `{{ … }}` or a tag's argument without a default, not for `{% if %}` and the like."""
    frame = inspect.currentframe()
    for _ in range(3):  # ours, _strict, Variable.resolve
        frame = frame.f_back if frame else None
    if frame is None or not isinstance(expression := frame.f_locals.get("self"), FilterExpression):
        return False
    filters = {filter_.__name__ for filter_, *_ in expression.filters}
    return not frame.f_locals.get("ignore_failures") and not filters & DEFAULTS


def _is_misspelt(variable: Variable, context: Context) -> bool:
    """Whether the first part is unknown, or an object (not a collection, not None) lacks the attribute."""
    names = variable.lookups or ()
    known: object = object()
    for count in range(1, len(names) + 1):
        try:
            known = _resolve(Variable(".".join(names[:count])), context)
        except VariableDoesNotExist:
            return not isinstance(known, Mapping | Sequence | None)
    return False


def _template(context: Context) -> Path:
    template = context.render_context.template or context.template
    return Path(str(template.origin.name)) if template is not None else Path()


def _is_ours(template: Path) -> bool:
    base = Path(settings.BASE_DIR)
    if not template.is_relative_to(base) or ".venv" in template.parts:
        return False
    return not LENIENT & set(template.relative_to(base).parts)
