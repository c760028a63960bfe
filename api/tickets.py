"""Tickets: list, open, read, change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.base import ApiView, ListView
from api.filtering import filtered
from api.idempotency import idempotent
from api.pagination import orders
from api.schema import IDEMPOTENCY_KEY, paging
from api.ticket_data import TicketChanges, TicketInput, TicketSerializer, with_tags
from api.ticket_filters import CustomerTicketFilter, TicketFilter, parameters
from core.errors import Invalid, NotAllowed
from people.actions import ensure_customer, ensure_customers
from people.models import User, normalise_email
from tickets import actions
from tickets.models import Ticket
from tickets.queries import ORDERS, ticket_by_number

TICKET_ORDERS = orders(
    updated_at="updated_at",
    created_at="created_at",
    number="number",
    priority=ORDERS["priority"].by,
    next_due_at=ORDERS["due"].by,
)


class TicketView(ApiView):
    """Shared by views of one ticket: it is looked up among what the token's user may see, or 404."""

    scope = "tickets"

    def ticket(self, number: int) -> Ticket:
        """Raises NotFound for missing and for not visible."""
        return ticket_by_number(self.actor, number)

    def shown(self, pk: int) -> Any:
        """A ticket's representation as it is now."""
        ticket = Ticket.objects.for_list().get(pk=pk)
        with_tags([ticket])
        return self.show(TicketSerializer, ticket)

    def created(self, ticket: Ticket) -> Response:
        """201 with the ticket and its address."""
        shown = self.shown(ticket.pk)
        return Response(shown, status=201, headers={"Location": shown["url"]})


class TicketListView(TicketView, ListView):
    """All tickets the token's user may see."""

    orders = TICKET_ORDERS
    ordering = "-updated_at"

    def known_parameters(self) -> Iterable[str]:
        """Customers have fewer filters: none that tells what only staff know."""
        return [*super().known_parameters(), *self._filters().base_filters]

    def _filters(self) -> type[CustomerTicketFilter]:
        return TicketFilter if self.actor.is_agent else CustomerTicketFilter

    @extend_schema(
        parameters=[*parameters(TicketFilter), *paging(TICKET_ORDERS)],
        responses=TicketSerializer(many=True),
        summary="List tickets",
    )
    def get(self, request: Request) -> Response:
        """A page of tickets, newest change first."""
        tickets = filtered(self._filters(), Ticket.objects.visible_to(self.actor).for_list(), request)
        return self.page(tickets, TicketSerializer, with_tags)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=TicketInput,
        responses={201: TicketSerializer},
        summary="Open a ticket",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Open a ticket for the requester (made as a customer when unknown); customers open their own."""
        given = self.read(TicketInput)
        requester = self._requester(given.pop("requester", None))
        copied = _copied(given.pop("cc", []), self.actor)
        new = actions.NewTicket(**({"channel": "api", "cc": copied} | given | {"requester": requester}))
        return self.created(actions.create_ticket(new, actor=self.actor))

    def _requester(self, given: dict[str, Any] | None) -> User:
        if not self.actor.is_agent:
            if given and normalise_email(given["email"]) != self.actor.email:
                told = "You can only open tickets of your own."
                raise NotAllowed(told, fields={"requester.email": [told]})
            return self.actor
        if given is None:
            told = "Say who asks: {“email”, “name”}."
            raise Invalid(told, fields={"requester": [told]})
        try:
            return ensure_customer(given["email"], given.get("name", ""), actor=self.actor)
        except Invalid as error:
            fields = {f"requester.{name}": messages for name, messages in error.fields.items()}
            raise Invalid(error.message, code=error.code, fields=fields) from None


def _copied(addresses: list[str], actor: User) -> list[User]:
    if not addresses:
        return []
    try:
        return list(ensure_customers([(address,) for address in addresses], actor=actor).values())
    except Invalid as error:
        messages = [message for found in error.fields.values() for message in found]
        raise Invalid(error.message, code=error.code, fields={"cc": messages}) from None


class TicketDetailView(TicketView):
    """One ticket."""

    @extend_schema(responses=TicketSerializer, summary="Read a ticket")
    def get(self, request: Request, number: int) -> Response:
        """The ticket."""
        ticket = self.ticket(number)
        with_tags([ticket])
        return Response(self.show(TicketSerializer, ticket))

    @extend_schema(request=TicketChanges, responses=TicketSerializer, summary="Change a ticket")
    def patch(self, request: Request, number: int) -> Response:
        """Change the given fields. With ``version``: 409 when one of them was changed since."""
        ticket = self.ticket(number)
        changes = self.read(TicketChanges)
        version = changes.pop("version", None)
        actions.change_ticket(ticket, changes, actor=self.actor, version=version)
        return Response(self.shown(ticket.pk))
