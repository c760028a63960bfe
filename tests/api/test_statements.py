"""Lists cost the same number of statements for five rows and for fifty."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people.models import Membership, Organisation, Role, User
from tests.cast import Cast
from tickets import actions
from tickets.models import HandleTime, Ticket


def fill(cast: Cast, ticket: Ticket, start: int, count: int) -> None:
    """More of everything that is listed."""
    for i in range(start, start + count):
        actions.add_message(ticket, actor=(cast.dora, cast.alice)[i % 2], body=f"{i}", channel="web")
        user = User.objects.create_user(f"u{i}@example.com", organisation=cast.acme)
        actions.add_participants(ticket, [user], actor=None) if i < 15 else None
        agent = User.objects.create_user(f"a{i}@desk.example", role=Role.AGENT)
        Membership.objects.create(team=cast.support, user=agent)
        Organisation.objects.create(name=f"O{i}", account_agent=agent).domains.create(domain=f"o{i}.example")
        HandleTime.objects.create(ticket=ticket, agent=agent, seconds=1)
        actions.link_tickets(ticket, cast.ticket(), "related", actor=cast.dora)


@pytest.mark.parametrize(
    "path",
    ["T/messages/", "T/events/", "T/participants/", "T/links/", "T/time/", "customers/", "organisations/", "agents/"],
)
def test_lists(cast: Cast, dora: Any, path: str) -> None:
    ticket = cast.ticket()
    url = path.replace("T", f"tickets/{ticket.number}")

    def cost() -> int:
        dora.get(url)
        with CaptureQueriesContext(connection) as caught:
            assert dora.get(url, page_size=100).status_code == 200
        return len(caught)

    fill(cast, ticket, 0, 5)
    few = cost()
    fill(cast, ticket, 5, 15)
    assert cost() == few <= 5
