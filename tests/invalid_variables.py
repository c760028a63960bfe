"""A variable that one of our own templates asks for and that does not exist fails the test, as a misspelt name would.

Django prints nothing for it. Templates of packages, and ours that stand in for theirs, are used to that.
"""

import inspect
from pathlib import Path

from django.conf import settings

LENIENT = ("allauth", "account", "mfa", "usersessions", "socialaccount", "admin", "unfold")


class FailOnInvalid(str):
    """Stands in for Django's string_if_invalid: true, and failing, in our own templates; elsewhere the empty string.

    It has to be false there: a true one makes Django leave out the filters, and `|length` of nothing is then no number.
    """

    def __new__(cls, _: str = "") -> "FailOnInvalid":
        return super().__new__(cls, "")

    def __bool__(self) -> bool:
        template = _template()
        return template is not None and _is_ours(template)

    def __contains__(self, part: object) -> bool:
        return True

    def __mod__(self, variable: object) -> str:
        raise AssertionError(f"{_template()}: there is no variable {variable}")


def _template() -> Path | None:
    """The template being rendered, from the frame of FilterExpression.resolve."""
    frame = inspect.currentframe()
    while frame is not None:
        context = frame.f_locals.get("context")
        if frame.f_code.co_name == "resolve" and hasattr(context, "render_context"):
            template = context.render_context.template or context.template
            return Path(template.origin.name)
        frame = frame.f_back
    return None


def _is_ours(template: Path) -> bool:
    base = Path(settings.BASE_DIR)
    if not template.is_relative_to(base) or ".venv" in template.parts:
        return False
    parts = template.relative_to(base).parts
    return not set(LENIENT) & set(parts[:-1])
