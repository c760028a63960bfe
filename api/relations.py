"""Tickets to tickets, people in copy, and time spent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.base import Input, ListView, Text, WholeNumber
from api.idempotency import idempotent
from api.pagination import orders
from api.people_data import PersonSerializer
from api.schema import IDEMPOTENCY_KEY, paging
from api.ticket_data import TicketSerializer
from api.tickets import TicketView
from core.errors import Invalid, NotFound
from people.actions import ensure_customer
from people.models import User
from people.queries import visible_users
from tickets import actions
from tickets.models import HandleTime, LinkKind, Participant, ParticipantRole, Ticket, TicketLink
from tickets.queries import ticket_by_number

ROW_ORDERS = orders(id="id")
TICKET_NUMBER_MAX = 2**63 - 1


class RelatedView(TicketView, ListView):
    """Rows that hang on a ticket."""

    orders = ROW_ORDERS
    ordering = "id"

    def other(self, number: int, field: str) -> Ticket:
        """Another ticket that the body names. Raises Invalid when it does not exist or is not visible."""
        try:
            return ticket_by_number(self.actor, number)
        except NotFound as error:
            raise Invalid(error.message, fields={field: [error.message]}) from None


class MergeInput(Input):
    """The ticket that stays."""

    into = WholeNumber(max_value=TICKET_NUMBER_MAX)


class MergeView(RelatedView):
    """This ticket into another."""

    staff_only = True
    http_method_names = ["post"]

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=MergeInput,
        responses={200: TicketSerializer},
        summary="Merge into another ticket",
    )
    @idempotent
    def post(self, request: Request, number: int) -> Response:
        """Close this ticket as a duplicate; answers with the ticket that stays."""
        source = self.ticket(number)
        target = self.other(self.read(MergeInput)["into"], "into")
        return Response(self.shown(actions.merge_tickets(source, target, actor=self.actor).pk))


class SplitInput(Input):
    """What moves into a new ticket."""

    messages = serializers.ListField(child=WholeNumber(max_value=TICKET_NUMBER_MAX), max_length=1_000)
    subject = Text()


class SplitView(RelatedView):
    """Part of this ticket into a new one."""

    staff_only = True
    http_method_names = ["post"]

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=SplitInput,
        responses={201: TicketSerializer},
        summary="Split messages off",
    )
    @idempotent
    def post(self, request: Request, number: int) -> Response:
        """Move messages into a new ticket and answer with it."""
        ticket = self.ticket(number)
        given = self.read(SplitInput)
        made = actions.split_ticket(ticket, given["messages"], subject=given["subject"], actor=self.actor)
        return self.created(made)


class LinkedTicketSerializer(serializers.Serializer[Ticket]):
    """The ticket at one end of a link."""

    number = serializers.IntegerField()
    subject = serializers.CharField()


class LinkSerializer(serializers.Serializer[TicketLink]):
    """Read: source is `kind` target."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(LinkKind.choices)
    source = LinkedTicketSerializer()  # type: ignore[assignment]
    target = LinkedTicketSerializer()
    created_at = serializers.DateTimeField()


class LinkInput(Input):
    """This ticket is `kind` the target."""

    target = WholeNumber(max_value=TICKET_NUMBER_MAX)
    kind = Text()


class LinkListView(RelatedView):
    """Links of a ticket, in both directions."""

    staff_only = True

    @extend_schema(parameters=paging(ROW_ORDERS), responses=LinkSerializer(many=True), summary="List links")
    def get(self, request: Request, number: int) -> Response:
        """Links to tickets that the token's user may see."""
        return self.page(_links(self.ticket(number), self.actor), LinkSerializer)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY], request=LinkInput, responses={201: LinkSerializer}, summary="Link tickets"
    )
    @idempotent
    def post(self, request: Request, number: int) -> Response:
        """Link this ticket to another; again is harmless."""
        source = self.ticket(number)
        given = self.read(LinkInput)
        link = actions.link_tickets(source, self.other(given["target"], "target"), given["kind"], actor=self.actor)
        return Response(self.show(LinkSerializer, link), status=201)


class LinkView(RelatedView):
    """One link."""

    staff_only = True

    @extend_schema(responses={204: None}, summary="Remove a link")
    def delete(self, request: Request, number: int, pk: int) -> Response:
        """What merge, split and follow-up recorded stays (409)."""
        link = _links(self.ticket(number), self.actor).filter(pk=pk).first()
        if link is None:
            raise NotFound("There is no such link.")
        actions.unlink_tickets(link, actor=self.actor)
        return Response(status=204)


def _links(ticket: Ticket, user: User) -> Any:
    seen = Ticket.objects.visible_to(user).values("pk")
    links = TicketLink.objects.filter(source=ticket) | TicketLink.objects.filter(target=ticket)
    return links.filter(source__in=seen, target__in=seen).select_related("source", "target")


class ParticipantSerializer(serializers.Serializer[Participant]):
    """Somebody besides requester and assignee."""

    user = PersonSerializer()
    role = serializers.ChoiceField(ParticipantRole.choices)
    created_at = serializers.DateTimeField()

    def to_representation(self, instance: Participant) -> dict[str, Any]:
        """Who puts a stranger's address in copy does not learn their name by it."""
        shown = super().to_representation(instance)
        viewer, user = self.context["user"], instance.user
        colleague = user.organisation_id and user.organisation_id == viewer.organisation_id
        if not (viewer.is_agent or user.is_agent or colleague or user.pk == viewer.pk):
            shown["user"]["name"] = user.email.partition("@")[0]
        return shown


class ParticipantInput(Input):
    """A customer in copy (made when unknown), or staff who follow."""

    staff_fields = frozenset({"role"})

    email = Text(allow_blank=False, max_length=254)
    role = serializers.ChoiceField(ParticipantRole.choices, required=False)


class ParticipantListView(RelatedView):
    """People in copy and followers."""

    @extend_schema(
        parameters=paging(ROW_ORDERS), responses=ParticipantSerializer(many=True), summary="List people in copy"
    )
    def get(self, request: Request, number: int) -> Response:
        """Customers see who is in copy, not who follows."""
        rows = self.ticket(number).participants.select_related("user")
        if not self.actor.is_agent:
            rows = rows.filter(role=ParticipantRole.CC)
        return self.page(rows, ParticipantSerializer)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=ParticipantInput,
        responses={201: ParticipantSerializer},
        summary="Put somebody in copy",
    )
    @idempotent
    def post(self, request: Request, number: int) -> Response:
        """They can read the public side from now on. Who is in already stays as they are."""
        ticket = self.ticket(number)
        given = self.read(ParticipantInput)
        role = given.get("role", ParticipantRole.CC)
        person = self._person(given["email"], role)
        actions.add_participants(ticket, [person], actor=self.actor, role=role)
        row = ticket.participants.select_related("user").filter(user=person).first()
        if row is None:
            told = "This person is the requester."
            raise Invalid(told, fields={"email": [told]})
        return Response(self.show(ParticipantSerializer, row), status=201)

    def _person(self, email: str, role: str) -> User:
        if role == ParticipantRole.CC:
            return ensure_customer(email, actor=self.actor)
        person = User.objects.active().staff().with_email(email).first()
        if person is None:
            told = "Only staff can follow a ticket."
            raise Invalid(told, fields={"email": [told]})
        return person


class ParticipantView(RelatedView):
    """One person on a ticket."""

    @extend_schema(responses={204: None}, summary="Take somebody out of copy")
    def delete(self, request: Request, number: int, user_id: int) -> Response:
        """Customers may only take out themselves."""
        ticket = self.ticket(number)
        person = visible_users(self.actor).filter(pk=user_id, participations__ticket=ticket).first()
        if person is None:
            raise NotFound("This person is not on the ticket.")
        actions.remove_participant(ticket, person, actor=self.actor)
        return Response(status=204)


class TimeSerializer(serializers.Serializer[HandleTime]):
    """Time an agent worked on a ticket."""

    id = serializers.IntegerField()
    agent = PersonSerializer()
    seconds = serializers.IntegerField()
    note = serializers.CharField()
    started_at = serializers.DateTimeField()


class TimeInput(Input):
    """The token's user worked on this."""

    seconds = WholeNumber()
    note = Text(required=False)
    started_at = serializers.DateTimeField(required=False)

    def validate_started_at(self, value: datetime) -> datetime:
        """Nobody worked on a ticket before there were any, or will have tomorrow."""
        if not timezone.now() - timedelta(days=3660) <= value <= timezone.now() + timedelta(minutes=5):
            raise serializers.ValidationError("A moment in the past ten years.")
        return value


class TimeListView(RelatedView):
    """Handle time of a ticket."""

    staff_only = True

    @extend_schema(parameters=paging(ROW_ORDERS), responses=TimeSerializer(many=True), summary="List handle time")
    def get(self, request: Request, number: int) -> Response:
        """All entries."""
        return self.page(self.ticket(number).handle_times.select_related("agent"), TimeSerializer)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY], request=TimeInput, responses={201: TimeSerializer}, summary="Log handle time"
    )
    @idempotent
    def post(self, request: Request, number: int) -> Response:
        """1 second to 24 hours."""
        entry = actions.log_time(self.ticket(number), actor=self.actor, **self.read(TimeInput))
        return Response(self.show(TimeSerializer, entry), status=201)
