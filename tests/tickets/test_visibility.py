"""Who sees which ticket; who may do what."""

import pytest

from core.errors import NotFound
from tests.cast import Cast
from tickets import actions, queries
from tickets.models import Ticket

EVERYBODY = ["alice", "bob", "carol", "charlie", "dora", "erik", "lena", "mara", "adam"]


def _seers(cast: Cast, ticket: Ticket) -> set[str]:
    return {name for name in EVERYBODY if Ticket.objects.visible_to(getattr(cast, name)).filter(pk=ticket.pk).exists()}


def test_a_ticket_is_seen_by_its_customer_who_may_see_the_organisation_and_staff(cast: Cast) -> None:
    assert _seers(cast, cast.ticket()) == {"alice", "carol", "dora", "erik", "lena", "mara", "adam"}


def test_a_closed_teams_ticket_is_seen_by_members_and_managers(cast: Cast) -> None:
    ticket = actions.change_ticket(cast.ticket(), {"team": cast.legal}, actor=cast.mara)
    assert _seers(cast, ticket) == {"alice", "carol", "erik", "mara", "adam"}


def test_people_in_copy_see_it_until_they_are_taken_out(cast: Cast) -> None:
    ticket = cast.ticket()
    actions.add_participants(ticket, [cast.charlie], actor=cast.dora)
    assert "charlie" in _seers(cast, ticket)
    actions.remove_participant(ticket, cast.charlie, actor=cast.charlie)
    assert "charlie" not in _seers(cast, ticket)


def test_nobody_and_the_deactivated_see_nothing(cast: Cast) -> None:
    cast.ticket()
    cast.mara.is_active = False
    assert not Ticket.objects.visible_to(None).exists()
    assert not Ticket.objects.visible_to(cast.mara).exists()


@pytest.mark.parametrize("name", ["bob", "charlie"])
def test_what_one_may_not_see_one_may_not_touch(cast: Cast, name: str) -> None:
    ticket, actor = cast.ticket(), getattr(cast, name)
    for act in (
        lambda: actions.add_message(ticket, actor=actor, body="hi", channel="portal"),
        lambda: actions.change_ticket(ticket, {"status": "solved"}, actor=actor),
        lambda: actions.save_draft(ticket, actor=actor, body="x"),
        lambda: actions.add_participants(ticket, [actor], actor=actor),
        lambda: queries.ticket_by_number(actor, ticket.number),
    ):
        with pytest.raises(NotFound):
            act()
    assert ticket.messages.count() == 1
    ticket.refresh_from_db()
    assert ticket.version == 1


def test_search_by_customers_is_blind_to_notes(cast: Cast) -> None:
    ticket = cast.ticket()
    actions.add_message(ticket, actor=cast.dora, body="Suspected xylophone fraud", visibility="internal", channel="web")
    assert Ticket.objects.visible_to(cast.dora).matching("xylophone").exists()
    assert not Ticket.objects.visible_to(cast.alice).matching_public("xylophone").exists()
    assert Ticket.objects.visible_to(cast.alice).matching_public("credential").exists()
    assert Ticket.objects.visible_to(cast.alice).matching_public(f"#{ticket.number}").get() == ticket
    assert [m.visibility for m in queries.messages_of(ticket, cast.alice)] == ["public"]


@pytest.mark.parametrize(
    "words", ["'", "%", "\\", "a" * 10_000, "\x00", "שלום", "ภาษาไทย", '"', "((", "a & | !", "#", "#٣"]
)
def test_odd_searches_find_nothing_and_break_nothing(cast: Cast, words: str) -> None:
    cast.ticket()
    assert list(Ticket.objects.visible_to(cast.dora).matching(words)) == []
