"""Teams and agents, to read. Staff tokens only; changing them is the admin's."""

from __future__ import annotations

from collections.abc import Iterable

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.base import ApiView, ListView
from api.filtering import filtered
from api.pagination import orders
from api.people_data import id_of
from api.schema import WORDS, paging
from api.ticket_filters import Many, parameters
from core.errors import NotFound
from people.models import Availability, Membership, Role, Team, User, UserQuerySet

TEAM_ORDERS = orders(id="id", name="name")
AGENT_ORDERS = orders(id="id", email="email", name="name")


class TeamSerializer(serializers.Serializer[Team]):
    """People who share a queue."""

    id = serializers.IntegerField()
    key = serializers.CharField()
    name = serializers.CharField()
    tier_level = serializers.IntegerField()
    closed = serializers.BooleanField(help_text="Only members, managers and admins see its tickets.")
    description = serializers.CharField()
    is_active = serializers.BooleanField()


class AgentSerializer(serializers.Serializer[User]):
    """Somebody who works tickets."""

    id = serializers.IntegerField()
    email = serializers.EmailField()
    name = serializers.CharField(source="display_name")
    role = serializers.ChoiceField(Role.choices)
    availability = serializers.ChoiceField(Availability.choices)
    capacity = serializers.IntegerField()
    time_zone = serializers.CharField()
    teams = serializers.SerializerMethodField()

    @extend_schema_field(WORDS)
    def get_teams(self, user: User) -> list[str]:
        """Keys."""
        return [team.key for team in user.teams.all()]


class AgentFilter(django_filters.FilterSet):
    """Filters of the list."""

    q = django_filters.CharFilter(method="search", max_length=200, help_text="Part of the name or address.")
    team = Many(method="by_team", help_text="Keys or ids.")
    role = Many(method="among", known=[role for role in Role.values if role != Role.CUSTOMER], help_text="Roles.")
    availability = Many(method="among", known=Availability.values, help_text="Any of them.")

    class Meta:
        model = User
        fields: list[str] = []

    def search(self, users: UserQuerySet, name: str, words: str) -> UserQuerySet:
        """In any case."""
        return users.filter(Q(name__icontains=words) | Q(email__icontains=words))

    def by_team(self, users: UserQuerySet, name: str, values: list[str]) -> UserQuerySet:
        """Members of any of them."""
        ids = [pk for value in values if (pk := id_of(value))]
        teams = Team.objects.filter(Q(key__in=values) | Q(pk__in=ids))
        return users.filter(Exists(Membership.objects.filter(user=OuterRef("pk"), team__in=teams)))

    def among(self, users: UserQuerySet, name: str, values: list[str]) -> UserQuerySet:
        """By a plain column."""
        return users.filter(**{f"{name}__in": values})


class TeamView(ApiView):
    """Shared."""

    scope = "teams"
    staff_only = True


class TeamListView(TeamView, ListView):
    """All teams in use."""

    orders = TEAM_ORDERS
    ordering = "id"

    @extend_schema(parameters=paging(TEAM_ORDERS), responses=TeamSerializer(many=True), summary="List teams")
    def get(self, request: Request) -> Response:
        """A page of teams."""
        return self.page(Team.objects.filter(is_active=True), TeamSerializer)


class TeamDetailView(TeamView):
    """One team."""

    @extend_schema(responses=TeamSerializer, summary="Read a team")
    def get(self, request: Request, pk: int) -> Response:
        """The team."""
        team = Team.objects.filter(pk=pk).first()
        if team is None:
            raise NotFound("There is no such team.")
        return Response(self.show(TeamSerializer, team))


def _agents() -> QuerySet[User]:
    agents: QuerySet[User] = User.objects.active().staff().prefetch_related("teams")
    return agents


class AgentView(ApiView):
    """Shared."""

    scope = "agents"
    staff_only = True


class AgentListView(AgentView, ListView):
    """All active staff."""

    orders = AGENT_ORDERS
    ordering = "id"

    def known_parameters(self) -> Iterable[str]:
        """Filters and paging."""
        return [*super().known_parameters(), *AgentFilter.base_filters]

    @extend_schema(
        parameters=[*parameters(AgentFilter), *paging(AGENT_ORDERS)],
        responses=AgentSerializer(many=True),
        summary="List agents",
    )
    def get(self, request: Request) -> Response:
        """A page of agents."""
        return self.page(filtered(AgentFilter, _agents(), request), AgentSerializer)


class AgentDetailView(AgentView):
    """One agent."""

    @extend_schema(responses=AgentSerializer, summary="Read an agent")
    def get(self, request: Request, pk: int) -> Response:
        """The agent."""
        agent = _agents().filter(pk=pk).first()
        if agent is None:
            raise NotFound("There is no such agent.")
        return Response(self.show(AgentSerializer, agent))
