"""Teams with their members, and skills."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline

from people import actions
from people.admin.base import ActionAdmin, InlineOfRows, acting, changed
from people.models import Membership, Skill, Team


class MemberInline(InlineOfRows, TabularInline):  # type: ignore[misc]
    model = Membership
    autocomplete_fields = ("user",)


@admin.register(Team)
class TeamAdmin(ActionAdmin):
    list_display = ("name", "key", "tier_level", "closed", "is_active", "size")
    list_filter = ("is_active", "closed", "tier_level")
    search_fields = ("name", "key")
    inlines = (MemberInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        found: QuerySet[Team] = super().get_queryset(request)
        return found.annotate(size=Count("memberships"))

    @admin.display(description="Members", ordering="size")
    def size(self, team: Any) -> int:
        return int(team.size)

    def perform(self, request: HttpRequest, form: Any) -> models.Model:
        if form.instance.pk is None:
            return actions.create_team(actor=acting(request), **form.cleaned_data)
        return actions.update_team(Team.objects.get(pk=form.instance.pk), actor=acting(request), **changed(form))

    def keep(self, request: HttpRequest, obj: Any, model: type[models.Model], rows: list[dict[str, Any]]) -> None:
        leads = [row["user"] for row in rows if row["leads"]]
        members = [row["user"] for row in rows]
        actions.set_members(Team.objects.get(pk=obj.pk), members, leads=leads, actor=acting(request))


@admin.register(Skill)
class SkillAdmin(ActionAdmin):
    list_display = ("name", "key")
    search_fields = ("name", "key")

    def perform(self, request: HttpRequest, form: Any) -> models.Model:
        if form.instance.pk is None:
            return actions.create_skill(actor=acting(request), **form.cleaned_data)
        return actions.update_skill(Skill.objects.get(pk=form.instance.pk), actor=acting(request), **changed(form))
