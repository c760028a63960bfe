"""Form fields of the log-in pages in Bootstrap's dress."""

from typing import Any

from django import forms, template
from django.conf import settings
from django.forms import BoundField
from django.utils.safestring import SafeString

register = template.Library()

_CODES = {"code", "otp"}


@register.filter
def styled(field: BoundField) -> SafeString:
    """The field's widget with its class, what describes it, and what is wrong with it."""
    widget = field.field.widget
    widget.attrs.pop("placeholder", None)
    attrs: dict[str, str | bool] = {"class": _class_of(widget)}
    if field.errors:
        attrs["class"] = f"{attrs['class']} is-invalid"
        attrs["aria-invalid"] = "true"
    described = [f"{field.auto_id}_error"] if field.errors else []
    described += [f"{field.auto_id}_help"] if field.help_text else []
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if field.name in _CODES:
        attrs |= {"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}
        attrs["class"] = f"{attrs['class']} login-code"
    return field.as_widget(attrs=attrs)


def _class_of(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput | forms.RadioSelect):
        return "form-check-input"
    return "form-select" if isinstance(widget, forms.Select) else "form-control"


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """True for a single box to tick."""
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.simple_tag(takes_context=True)
def second_step_required(context: Any) -> bool:
    """True where the reader is staff in a house that asks its staff for a second step."""
    return bool(settings.REQUIRE_STAFF_MFA and getattr(context.get("user"), "is_agent", False))
