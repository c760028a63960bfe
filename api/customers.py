"""Customers. Staff tokens only: this is the house's address book."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import django_filters
from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.base import ApiView, Input, ListView, Text
from api.filtering import filtered
from api.idempotency import idempotent
from api.organisations import OrganisationField
from api.pagination import orders
from api.people_data import OrganisationBriefSerializer, id_of
from api.schema import IDEMPOTENCY_KEY, paging
from api.ticket_filters import Many, parameters
from core.errors import NotFound
from people import actions
from people.models import Role, User, UserQuerySet

CUSTOMER_ORDERS = orders(id="id", email="email", created_at="created_at")


class CustomerSerializer(serializers.Serializer[User]):
    """A customer."""

    id = serializers.IntegerField()
    email = serializers.EmailField()
    name = serializers.CharField()
    organisation = OrganisationBriefSerializer(allow_null=True)
    sees_organisation = serializers.BooleanField(help_text="Sees all tickets of the organisation.")
    is_vip = serializers.BooleanField()
    phone = serializers.CharField()
    notes = serializers.CharField()
    time_zone = serializers.CharField()
    language = serializers.CharField()
    external_id = serializers.CharField(allow_null=True)
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class CustomerChanges(Input):
    """What may be said about a customer."""

    email = Text(required=False)
    name = Text(required=False)
    organisation = OrganisationField(required=False, allow_null=True)
    sees_organisation = serializers.BooleanField(required=False)
    is_vip = serializers.BooleanField(required=False)
    phone = Text(required=False)
    notes = Text(required=False, trim_whitespace=False, max_length=20_000)
    time_zone = Text(required=False)
    language = Text(required=False)
    external_id = Text(required=False, allow_null=True)

    def validate_external_id(self, value: str | None) -> str | None:
        """Empty means none."""
        return value or None


class CustomerInput(CustomerChanges):
    """A new customer."""

    email = Text()


class CustomerFilter(django_filters.FilterSet):
    """Filters of the list."""

    q = django_filters.CharFilter(method="search", max_length=200, help_text="Part of the name or address.")
    email = Many(method="by_email", help_text="Addresses.")
    organisation = Many(method="by_organisation", help_text="Ids.")
    external_id = Many(method="by_external_id", help_text="Ids in your own system.")

    class Meta:
        model = User
        fields: list[str] = []

    def search(self, users: UserQuerySet, name: str, words: str) -> UserQuerySet:
        """In any case."""
        return users.filter(Q(name__icontains=words) | Q(email__icontains=words))

    def by_email(self, users: UserQuerySet, name: str, values: list[str]) -> UserQuerySet:
        """The whole address."""
        return users.filter(email__in=[value.lower() for value in values])

    def by_organisation(self, users: UserQuerySet, name: str, values: list[str]) -> UserQuerySet:
        """Of any of them."""
        return users.filter(organisation__in=[pk for value in values if (pk := id_of(value))])

    def by_external_id(self, users: UserQuerySet, name: str, values: list[str]) -> UserQuerySet:
        """Exactly."""
        return users.filter(external_id__in=values)


class CustomerView(ApiView):
    """Shared."""

    scope = "customers"
    staff_only = True

    def shown(self, pk: int) -> Any:
        """A customer's representation as it is now."""
        return self.show(CustomerSerializer, User.objects.select_related("organisation").get(pk=pk))


class CustomerListView(CustomerView, ListView):
    """All customers."""

    orders = CUSTOMER_ORDERS
    ordering = "id"

    def known_parameters(self) -> Iterable[str]:
        """Filters and paging."""
        return [*super().known_parameters(), *CustomerFilter.base_filters]

    @extend_schema(
        parameters=[*parameters(CustomerFilter), *paging(CUSTOMER_ORDERS)],
        responses=CustomerSerializer(many=True),
        summary="List customers",
    )
    def get(self, request: Request) -> Response:
        """A page of customers."""
        customers = User.objects.customers().select_related("organisation")
        return self.page(filtered(CustomerFilter, customers, request), CustomerSerializer)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=CustomerInput,
        responses={201: CustomerSerializer},
        summary="Add a customer",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """They log in by mailed code. 400 when the address is known already."""
        given = self.read(CustomerInput)
        user = actions.create_user(given.pop("email"), actor=self.actor, role=Role.CUSTOMER, **given)
        return Response(self.shown(user.pk), status=201)


class CustomerDetailView(CustomerView):
    """One customer."""

    @extend_schema(responses=CustomerSerializer, summary="Read a customer")
    def get(self, request: Request, pk: int) -> Response:
        """The customer."""
        return Response(self.show(CustomerSerializer, self._customer(pk)))

    @extend_schema(request=CustomerChanges, responses=CustomerSerializer, summary="Change a customer")
    def patch(self, request: Request, pk: int) -> Response:
        """Change the given fields."""
        customer = self._customer(pk)
        actions.update_user(customer, actor=self.actor, **self.read(CustomerChanges))
        return Response(self.shown(customer.pk))

    def _customer(self, pk: int) -> User:
        found = User.objects.customers().select_related("organisation").filter(pk=pk).first()
        if found is None:
            raise NotFound("There is no such customer.")
        return cast(User, found)
