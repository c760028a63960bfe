"""Organisations with their domains, and customer tiers."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from unfold.admin import TabularInline

from people import actions
from people.admin.base import ActionAdmin, InlineOfRows, acting, changed
from people.models import CustomerTier, Organisation, OrganisationDomain


class DomainForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = OrganisationDomain
        fields = ("domain",)

    def clean_domain(self) -> str:
        return str(self.cleaned_data["domain"]).strip().lower()


class DomainInline(InlineOfRows, TabularInline):  # type: ignore[misc]
    model = OrganisationDomain
    form = DomainForm


@admin.register(Organisation)
class OrganisationAdmin(ActionAdmin):
    list_display = ("name", "tier", "yearly_value", "account_agent", "renewal_on")
    list_filter = ("tier",)
    list_select_related = ("tier", "account_agent")
    search_fields = ("name", "domains__domain", "external_id")
    autocomplete_fields = ("account_agent",)
    readonly_fields = ("created_at",)
    fields = ("name", "tier", "yearly_value", "account_agent", "renewal_on", "notes", "external_id", "created_at")
    inlines = (DomainInline,)

    def perform(self, request: HttpRequest, form: Any) -> models.Model:
        if form.instance.pk is None:
            return actions.create_organisation(actor=acting(request), **form.cleaned_data)
        organisation = Organisation.objects.get(pk=form.instance.pk)
        return actions.update_organisation(organisation, actor=acting(request), **changed(form))

    def keep(self, request: HttpRequest, obj: Any, model: type[models.Model], rows: list[dict[str, Any]]) -> None:
        organisation = Organisation.objects.get(pk=obj.pk)
        actions.update_organisation(organisation, actor=acting(request), domains=[row["domain"] for row in rows])


@admin.register(CustomerTier)
class CustomerTierAdmin(ActionAdmin):
    list_display = ("name", "key", "rank")
    search_fields = ("name", "key")

    def perform(self, request: HttpRequest, form: Any) -> models.Model:
        if form.instance.pk is None:
            return actions.create_tier(actor=acting(request), **form.cleaned_data)
        tier = CustomerTier.objects.get(pk=form.instance.pk)
        return actions.update_tier(tier, actor=acting(request), **changed(form))
