"""Filters of the list of tickets. Several values by comma or repetition mean any of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import OpenApiParameter

from api.people_data import id_of
from core.errors import Invalid, NotFound
from people.models import Team, User
from tickets.models import Category, Channel, Priority, Status, Tag, Ticket, TicketQuerySet, TicketType
from tickets.queries import view_by_key

VALUES_MAX = 100


class ManyWidget(forms.Widget):
    """All values of a parameter, split at commas."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        """Without blanks and doubles, in order."""
        given = data.getlist(name) if isinstance(data, QueryDict) else [data[name]] if name in data else []
        values = [value.strip() for text in given for value in text.split(",")]
        return list(dict.fromkeys(filter(None, values)))


class ManyField(forms.Field):
    """A list of words, out of ``known`` if that is given."""

    widget = ManyWidget

    def __init__(self, *, known: Iterable[str] = (), **options: Any) -> None:
        super().__init__(**options)
        self.known = list(known)

    def clean(self, value: list[str]) -> list[str]:
        """Raises ValidationError for words that are not known."""
        if len(value) > VALUES_MAX:
            raise forms.ValidationError(f"At most {VALUES_MAX} values.")
        wrong = [word for word in value if self.known and word not in self.known]
        if wrong:
            raise forms.ValidationError(f"“{wrong[0][:60]}” is not one of: {', '.join(self.known)}.")
        return value


class Many(django_filters.Filter):
    """A filter over several values."""

    field_class = ManyField


class MomentField(forms.Field):
    """An ISO 8601 moment with its zone (UTC when it has none)."""

    def clean(self, value: Any) -> datetime | None:
        """Raises ValidationError for what is not a moment."""
        if not value:
            return None
        try:
            found = parse_datetime(value.replace(" ", "+"))
        except (ValueError, OverflowError):
            found = None
        if found is None or not 1900 < found.year < 9000:
            raise forms.ValidationError("Write a moment like 2026-11-21T09:00:00Z.")
        return found if timezone.is_aware(found) else timezone.make_aware(found)


class Moment(django_filters.Filter):
    """From a moment on."""

    field_class = MomentField


class CustomerTicketFilter(django_filters.FilterSet):
    """What customers' tokens filter by."""

    q = django_filters.CharFilter(
        method="search", max_length=500, help_text="Words of subject and messages, or a number"
    )
    status = Many(method="by_status", known=Status.values, help_text=f"Any of: {', '.join(Status.values)}.")
    priority = Many(method="among", known=Priority.values, help_text=f"Any of: {', '.join(Priority.values)}.")
    type = Many(method="among", known=TicketType.values, help_text=f"Any of: {', '.join(TicketType.values)}.")
    requester = Many(method="by_person", help_text="Ids, e-mail addresses or “me”.")
    organisation = Many(method="by_organisation", help_text="Ids or names, or “none”.")
    category = Many(method="by_category", help_text="Keys, or “none”.")
    created_since = Moment(field_name="created_at", lookup_expr="gte", help_text="Created at or after this moment.")
    updated_since = Moment(field_name="updated_at", lookup_expr="gte", help_text="Changed at or after this moment.")

    class Meta:
        model = Ticket
        fields: list[str] = []

    @property
    def user(self) -> User:
        """Whose list it is."""
        return self.request.user  # type: ignore[no-any-return]

    def search(self, tickets: TicketQuerySet, name: str, words: str) -> TicketQuerySet:
        """Staff search notes as well."""
        return tickets.matching(words) if self.user.is_agent else tickets.matching_public(words)

    def by_status(self, tickets: TicketQuerySet, name: str, values: list[str]) -> TicketQuerySet:
        """By the status that people see."""
        return tickets.with_status(*values)

    def among(self, tickets: TicketQuerySet, name: str, values: list[str]) -> TicketQuerySet:
        """By a plain column."""
        return tickets.filter(**{f"{name}__in": values})

    def by_person(self, tickets: TicketQuerySet, name: str, values: list[str]) -> TicketQuerySet:
        """requester or assignee."""
        ids = [identifier for value in values if (identifier := id_of(value))]
        ids += [self.user.pk] if "me" in values else []
        found = Q(**{f"{name}__in": ids})
        emails = [value.lower() for value in values if "@" in value]
        if emails:
            found |= Q(**{f"{name}__in": User.objects.filter(email__in=emails).values("pk")})
        return tickets.filter(found | _missing(name, values))

    def by_organisation(self, tickets: TicketQuerySet, name: str, values: list[str]) -> TicketQuerySet:
        """By id or by name in any case."""
        found = _missing(name, values)
        for value in values:
            identifier = id_of(value)
            found |= Q(organisation=identifier) if identifier else Q(organisation__name__iexact=value)
        return tickets.filter(found)

    def by_category(self, tickets: TicketQuerySet, name: str, values: list[str]) -> TicketQuerySet:
        """Raises Invalid for a key that does not exist."""
        return _by_keys(tickets, Category, name, values)


class TicketFilter(CustomerTicketFilter):
    """What staff filter by."""

    channel = Many(method="among", known=Channel.values, help_text=f"Any of: {', '.join(Channel.values)}.")
    team = Many(method="by_team", help_text="Keys or ids, or “none”.")
    assignee = Many(method="by_person", help_text="Ids, e-mail addresses, “me” or “none”.")
    tag = Many(method="by_tag", help_text="Names.")
    view = django_filters.CharFilter(method="by_view", max_length=100, help_text="The key of a view of the desk.")

    def by_team(self, tickets: TicketQuerySet, name: str, values: list[str]) -> TicketQuerySet:
        """Raises Invalid for a key that does not exist."""
        return _by_keys(tickets, Team, name, values)

    def by_tag(self, tickets: TicketQuerySet, name: str, values: list[str]) -> TicketQuerySet:
        """Tickets with any of the tags; EXISTS, so that no ticket comes twice."""
        names = [value.lower() for value in values]
        tagged = Ticket.tags.through.objects.filter(ticket=OuterRef("pk"), tag__in=Tag.objects.filter(name__in=names))
        return tickets.filter(Exists(tagged))

    def by_view(self, tickets: TicketQuerySet, name: str, value: str) -> TicketQuerySet:
        """Raises Invalid for a view that the user does not have."""
        try:
            view = view_by_key(self.user, value)
        except NotFound as error:
            raise Invalid(error.message, fields={"view": [error.message]}) from None
        return tickets.filter(pk__in=view.tickets.order_by().values("pk"))


def _missing(name: str, values: list[str]) -> Q:
    return Q(**{f"{name}__isnull": True}) if "none" in values else Q(pk__in=[])


def _by_keys(tickets: TicketQuerySet, model: Any, name: str, values: list[str]) -> TicketQuerySet:
    words = [value for value in values if value != "none"]
    ids = [identifier for value in words if (identifier := id_of(value))]
    rows = list(model.objects.filter(Q(key__in=words) | Q(pk__in=ids)).values_list("pk", "key")) if words else []
    known = {str(part) for row in rows for part in row}
    unknown = [word for word in words if word not in known]
    if unknown:
        told = f"There is no {name} “{unknown[0][:60]}”."
        raise Invalid(told, fields={name: [told]})
    return tickets.filter(Q(**{f"{name}__in": [pk for pk, _ in rows]}) | _missing(name, values))


def parameters(filters: type[django_filters.FilterSet]) -> list[OpenApiParameter]:
    """For OpenAPI."""
    return [
        OpenApiParameter(name, str, description=str(one.extra.get("help_text", "")))
        for name, one in filters.base_filters.items()
    ]
