"""Organisations. Staff tokens only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.base import ApiView, Input, ListView, Text
from api.filtering import filtered
from api.idempotency import idempotent
from api.pagination import orders
from api.people_data import AgentField, PersonSerializer, RowField, by_key, id_of
from api.schema import IDEMPOTENCY_KEY, WORDS, paging
from api.ticket_filters import Many, parameters
from core.errors import NotFound
from people import actions
from people.models import CustomerTier, Organisation

ORGANISATION_ORDERS = orders(id="id", name="name", created_at="created_at")


@extend_schema_field({"type": "integer", "nullable": True})
class OrganisationField(RowField):
    """An organisation by id."""

    what = "organisation"

    def _find(self, data: str | int) -> Organisation | None:
        return Organisation.objects.filter(pk=id_of(data) or 0).first()


@extend_schema_field({"type": "string", "nullable": True})
class TierField(RowField):
    """A customer tier by key."""

    what = "customer tier"

    def _find(self, data: str | int) -> CustomerTier | None:
        return by_key(CustomerTier.objects.all(), data)  # type: ignore[no-any-return]


class OrganisationSerializer(serializers.Serializer[Organisation]):
    """A company whose people write to us."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    tier = serializers.CharField(source="tier.key", allow_null=True)
    yearly_value = serializers.DecimalField(14, 2, allow_null=True)
    account_agent = PersonSerializer(allow_null=True)
    renewal_on = serializers.DateField(allow_null=True)
    notes = serializers.CharField()
    domains = serializers.SerializerMethodField()
    external_id = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()

    @extend_schema_field(WORDS)
    def get_domains(self, organisation: Organisation) -> list[str]:
        """Mail domains by which new customers find it."""
        return [row.domain for row in organisation.domains.all()]


class OrganisationChanges(Input):
    """What may be said about an organisation. ``domains``: the whole list."""

    name = Text(required=False)
    tier = TierField(required=False, allow_null=True)
    yearly_value = serializers.DecimalField(14, 2, required=False, allow_null=True, min_value=0)
    account_agent = AgentField(required=False, allow_null=True)
    renewal_on = serializers.DateField(required=False, allow_null=True)
    notes = Text(required=False, trim_whitespace=False, max_length=20_000)
    domains = serializers.ListField(child=Text(max_length=300), required=False, max_length=200)
    external_id = Text(required=False, allow_null=True)


class OrganisationInput(OrganisationChanges):
    """A new organisation."""

    name = Text()


class OrganisationFilter(django_filters.FilterSet):
    """Filters of the list."""

    q = django_filters.CharFilter("name", "icontains", max_length=200, help_text="Part of the name")
    domain = Many(method="by_domain", help_text="Mail domains.")
    tier = Many(method="by_tier", help_text="Keys of customer tiers.")
    external_id = Many(method="by_external_id", help_text="Ids in your own system.")

    class Meta:
        model = Organisation
        fields: list[str] = []

    def by_domain(self, rows: QuerySet[Organisation], name: str, values: list[str]) -> QuerySet[Organisation]:
        """Owner of any of them."""
        return rows.filter(pk__in=Organisation.objects.filter(domains__domain__in=map(str.lower, values)).values("pk"))

    def by_tier(self, rows: QuerySet[Organisation], name: str, values: list[str]) -> QuerySet[Organisation]:
        """In any of them."""
        return rows.filter(tier__key__in=values)

    def by_external_id(self, rows: QuerySet[Organisation], name: str, values: list[str]) -> QuerySet[Organisation]:
        """Exactly."""
        return rows.filter(external_id__in=values)


def _loaded() -> QuerySet[Organisation]:
    return Organisation.objects.select_related("tier", "account_agent").prefetch_related("domains")


class OrganisationView(ApiView):
    """Shared."""

    scope = "organisations"
    staff_only = True

    def organisation(self, pk: int) -> Organisation:
        """Raises NotFound."""
        found = _loaded().filter(pk=pk).first()
        if found is None:
            raise NotFound("There is no such organisation.")
        return found

    def shown(self, pk: int) -> Any:
        """Its representation as it is now."""
        return self.show(OrganisationSerializer, _loaded().get(pk=pk))


class OrganisationListView(OrganisationView, ListView):
    """All organisations."""

    orders = ORGANISATION_ORDERS
    ordering = "id"

    def known_parameters(self) -> Iterable[str]:
        """Filters and paging."""
        return [*super().known_parameters(), *OrganisationFilter.base_filters]

    @extend_schema(
        parameters=[*parameters(OrganisationFilter), *paging(ORGANISATION_ORDERS)],
        responses=OrganisationSerializer(many=True),
        summary="List organisations",
    )
    def get(self, request: Request) -> Response:
        """A page of organisations."""
        return self.page(filtered(OrganisationFilter, _loaded(), request), OrganisationSerializer)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=OrganisationInput,
        responses={201: OrganisationSerializer},
        summary="Add an organisation",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """New customers of its mail domains will belong to it."""
        given = self.read(OrganisationInput)
        made = actions.create_organisation(given.pop("name"), actor=self.actor, **given)
        return Response(self.shown(made.pk), status=201)


class OrganisationDetailView(OrganisationView):
    """One organisation."""

    @extend_schema(responses=OrganisationSerializer, summary="Read an organisation")
    def get(self, request: Request, pk: int) -> Response:
        """The organisation."""
        return Response(self.show(OrganisationSerializer, self.organisation(pk)))

    @extend_schema(request=OrganisationChanges, responses=OrganisationSerializer, summary="Change an organisation")
    def patch(self, request: Request, pk: int) -> Response:
        """Change the given fields."""
        organisation = self.organisation(pk)
        actions.update_organisation(organisation, actor=self.actor, **self.read(OrganisationChanges))
        return Response(self.shown(organisation.pk))
