"""How people appear in answers, and how requests name them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Model, Q, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.base import Input, Text
from people.models import Team, User

ID_DIGITS = 18


def id_of(value: Any) -> int | None:
    """The id that a value from outside may mean: a whole number, or its digits."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 < value < 10**ID_DIGITS else None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= ID_DIGITS:
        return int(value)
    return None


class PersonSerializer(serializers.Serializer[User]):
    """A person as others see them. Customers do not learn the addresses of staff."""

    id = serializers.IntegerField()
    email = serializers.EmailField(allow_null=True)
    name = serializers.CharField()

    def to_representation(self, instance: User) -> dict[str, Any]:
        """The plain values."""
        viewer = self.context["user"]
        if instance.is_agent and not viewer.is_agent and instance.pk != viewer.pk:
            return {"id": instance.pk, "email": None, "name": instance.name or settings.SITE_NAME}
        return {"id": instance.pk, "email": instance.email, "name": instance.display_name}


class OrganisationBriefSerializer(serializers.Serializer[Any]):
    """An organisation by id and name."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class RequesterInput(Input):
    """Who asks: found by the address, or made."""

    email = Text(allow_blank=False, max_length=254)
    name = Text(required=False, max_length=150)


class RowField(serializers.Field[Any, Any, Any, Any]):
    """A row named by id or by a word. Subclasses say what may be chosen and how it is called."""

    what = "thing"

    def to_internal_value(self, data: Any) -> Model:
        """Raises ValidationError when there is no such row."""
        found = self._find(data) if isinstance(data, str | int) and not isinstance(data, bool) else None
        if found is None:
            raise serializers.ValidationError(f"There is no such {self.what}.")
        return found

    def _find(self, data: str | int) -> Model | None:
        raise NotImplementedError


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string"}], "nullable": True})
class AgentField(RowField):
    """An agent by id, e-mail address or ``me``."""

    what = "agent"

    def _find(self, data: str | int) -> Model | None:
        if data == "me":
            return self.context["user"]  # type: ignore[no-any-return]
        identifier = id_of(data)
        wanted = Q(pk=identifier) if identifier else Q(email=str(data).strip().lower()[:254])
        return User.objects.active().staff().filter(wanted).first()


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string"}], "nullable": True})
class TeamField(RowField):
    """A team by key or id."""

    what = "team"

    def _find(self, data: str | int) -> Model | None:
        return by_key(Team.objects.filter(is_active=True), data)


def by_key(rows: QuerySet[Any], value: Any) -> Any:
    """The row with that key, or else that id."""
    identifier = id_of(value)
    wanted = Q(key=str(value)[:100]) | (Q(pk=identifier) if identifier else Q())
    found = list(rows.filter(wanted)[:2])
    return next((row for row in found if row.key == value), found[0] if found else None)
