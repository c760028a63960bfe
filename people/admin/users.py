"""Users and their skills."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline

from people import actions
from people.admin.base import ActionAdmin, ActionForm, InlineOfRows, acting, changed
from people.models import Availability, Role, User, UserSkill, normalise_email
from people.validators import PASSWORD_MAX_LENGTH


class UserForm(ActionForm):
    new_password = forms.CharField(
        label="Password",
        required=False,
        max_length=PASSWORD_MAX_LENGTH,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Leave it empty to keep the old one. Without one, people log in with a code sent by e-mail.",
    )
    is_active = forms.BooleanField(label="May log in", required=False, initial=True)
    availability = forms.ChoiceField(choices=Availability.choices, initial=Availability.AVAILABLE)

    class Meta:
        model = User
        fields = (
            "email", "name", "role", "is_active", "organisation", "sees_organisation", "is_vip", "phone", "notes",
            "time_zone", "language", "theme", "signature", "capacity", "external_id",
        )  # fmt: skip

    def clean_email(self) -> str:
        return normalise_email(self.cleaned_data["email"])

    def clean_external_id(self) -> str | None:
        return self.cleaned_data["external_id"] or None


class SkillInline(InlineOfRows, TabularInline):  # type: ignore[misc]
    model = UserSkill
    autocomplete_fields = ("skill",)


@admin.register(User)
class UserAdmin(ActionAdmin):
    form = UserForm
    list_display = ("email", "name", "role", "organisation", "availability", "is_active", "last_login")
    list_filter = ("role", "is_active", "availability", "is_vip", "teams")
    list_select_related = ("organisation",)
    search_fields = ("email", "name", "organisation__name")
    autocomplete_fields = ("organisation",)
    readonly_fields = ("created_at", "last_login")
    fieldsets = (
        (None, {"fields": ("email", "name", "role", "is_active", "new_password")}),
        ("Customer", {"fields": ("organisation", "sees_organisation", "is_vip", "phone", "notes", "external_id")}),
        ("Staff", {"fields": ("availability", "capacity", "signature")}),
        ("Preferences", {"fields": ("time_zone", "language", "theme")}),
        ("Dates", {"fields": ("created_at", "last_login")}),
    )
    inlines = (SkillInline,)
    actions = ("deactivate", "reset_second_factor")

    OTHERS = ("new_password", "is_active", "availability")

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        return self.inlines if obj is not None and obj.is_agent else ()

    def perform(self, request: HttpRequest, form: Any) -> models.Model:
        actor, data = acting(request), form.cleaned_data
        if form.instance.pk is None:
            return self._create(actor, form)
        user: User = User.objects.get(pk=form.instance.pk)
        fields = changed(form, without=self.OTHERS)
        if fields:
            user = actions.update_user(user, actor=actor, **fields)
        if data["new_password"]:
            actions.set_password(user, data["new_password"], actor=actor)
        if user.is_agent and "availability" in form.changed_data:
            actions.set_availability(user, data["availability"], actor=actor)
        if data["is_active"] != user.is_active:
            switch = actions.reactivate_user if data["is_active"] else actions.deactivate_user
            switch(user, actor=actor)
        return user

    def _create(self, actor: User, form: Any) -> User:
        data = form.cleaned_data
        fields = {name: value for name, value in data.items() if name not in (*self.OTHERS, "email")}
        return actions.create_user(data["email"], actor=actor, password=data["new_password"] or None, **fields)

    def keep(self, request: HttpRequest, obj: Any, model: type[models.Model], rows: list[dict[str, Any]]) -> None:
        levels = {row["skill"].key: row["level"] for row in rows}
        actions.set_skills(User.objects.get(pk=obj.pk), levels, actor=acting(request))

    @admin.action(description="Deactivate: no login, no session, no token")
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            actions.deactivate_user(user, actor=acting(request))

    @admin.action(description="Remove the second factor (phone or key lost)")
    def reset_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            actions.reset_second_factor(user, actor=acting(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Fields that point to staff offer staff only."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        if request.GET.get("field_name") in {"account_agent", "user"}:
            found = found.exclude(role=Role.CUSTOMER).filter(is_active=True)
        return found, duplicates
