"""An admin whose form is saved by an action, and whose refusals become errors of the form."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin

from core.errors import DomainError
from people.models import User


class ActionForm(forms.ModelForm):  # type: ignore[type-arg]
    """Tries the action while it validates, and takes it back: what it refuses stands beside the field."""

    admin: ClassVar["ActionAdmin"]
    request: ClassVar[HttpRequest]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not self.errors:
            self._rehearse()
        return cleaned

    def _rehearse(self) -> None:
        try:
            with transaction.atomic():
                self.admin.perform(self.request, self)
                transaction.set_rollback(True)
        except DomainError as error:
            named = {name: found for name, found in error.fields.items() if name in self.fields}
            for name, found in named.items():
                self.add_error(name, found)
            if not named:
                self.add_error(None, error.message)


class ActionAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Subclasses say in `perform` which action stores the form."""

    form = ActionForm
    list_per_page = 50
    show_full_result_count = False
    compressed_fields = True
    warn_unsaved_form = True

    def perform(self, request: HttpRequest, form: Any) -> models.Model:
        """Store the form by its action and return the stored object. Raises DomainError."""
        raise NotImplementedError

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        made = super().get_form(request, obj, change=change, **kwargs)
        return type(made.__name__, (made,), {"admin": self, "request": request})

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """The object as the form has it, unsaved; `save_model` gives it its id."""
        return form.instance

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        stored = self.perform(request, form)
        obj.pk = stored.pk
        obj._state.adding = False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        for formset in formsets:
            self.save_formset(request, form, formset, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Hand the rows that stay to `keep`."""
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        rows = [row.cleaned_data for row in formset.forms if row.cleaned_data and not row.cleaned_data.get("DELETE")]
        self.keep(request, form.instance, formset.model, rows)

    def keep(self, request: HttpRequest, obj: Any, model: type[models.Model], rows: list[dict[str, Any]]) -> None:
        """Make exactly these the object's rows of an inline. Raises DomainError."""
        raise NotImplementedError

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """As Django's; what an action refuses in the rows below the form is told, and nothing is stored."""
        try:
            response: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except DomainError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(request.path)
        return response

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def acting(request: HttpRequest) -> User:
    """The admin at work."""
    assert isinstance(request.user, User)
    return request.user


def changed(form: Any, *, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """The fields that the admin changed, with their new values."""
    return {name: form.cleaned_data[name] for name in form.changed_data if name not in without}


class InlineOfRows:
    """Mixin for inlines: an admin may edit the rows, which `ActionAdmin.keep` stores."""

    extra = 0
    tab = True

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True
