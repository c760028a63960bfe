"""Merge, split, links, copies, drafts, time, mentions."""

import pytest

from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.models import Event
from tests.cast import Cast
from tickets import actions, queries
from tickets.models import Draft, Message, Ticket, TicketLink


def test_merging_tickets_of_one_customer_moves_the_conversation(cast: Cast) -> None:
    source, target = cast.ticket(subject="Again"), cast.ticket()
    actions.merge_tickets(source, target, actor=cast.dora)
    source.refresh_from_db()
    assert (source.status, source.merged_into) == ("closed", target)
    assert target.messages.filter(visibility="public").count() == 2
    assert target.messages.filter(moved_from=source).count() == 1
    later = actions.add_message(source, actor=cast.alice, body="one more thing", channel="portal")
    assert later.ticket == target
    kinds = [e.kind for e in Event.objects.about("ticket", source.pk)]
    assert "ticket.merged" in kinds and "ticket.status_changed" in kinds


def test_merging_tickets_of_two_customers_shows_neither_the_others_words(cast: Cast) -> None:
    source, target = cast.ticket(requester=cast.charlie, body="charlies secret"), cast.ticket()
    actions.merge_tickets(source, target, actor=cast.dora)
    assert not target.messages.filter(body__contains="charlies secret").exists()
    assert not any("charlies" in m.body for m in queries.messages_of(target, cast.alice))
    reply = actions.add_message(source, actor=cast.charlie, body="hello?", channel="portal")
    assert reply.ticket.follow_up_of == source


def test_a_reply_that_waited_for_a_merge_goes_where_the_conversation_went(cast: Cast) -> None:
    source, target = cast.ticket(subject="Again"), cast.ticket()
    seen_before = Ticket.objects.get(pk=source.pk)
    actions.merge_tickets(source, target, actor=cast.dora)
    assert actions.add_message(seen_before, actor=cast.alice, body="more", channel="portal").ticket == target
    seen_before = Ticket.objects.get(pk=source.pk)
    assert actions.add_message(seen_before, actor=cast.dora, body="answer", channel="api").ticket == target


def test_an_answer_to_one_customer_never_goes_to_another(cast: Cast) -> None:
    source, target = cast.ticket(requester=cast.bob), cast.ticket()
    merged = Ticket.objects.get(pk=source.pk)
    actions.merge_tickets(source, target, actor=cast.dora)
    for ticket in (merged, Ticket.objects.get(pk=source.pk)):
        with pytest.raises(NotAllowed, match="closed"):
            actions.add_message(ticket, actor=cast.dora, body="For Bob alone", channel="api")
    assert target.messages.filter(visibility="public").count() == 1


def test_a_merge_brings_along_drafts_and_when_who_spoke_last(cast: Cast) -> None:
    source, target = cast.ticket(), cast.ticket()
    actions.add_message(target, actor=cast.dora, body="An answer", channel="web")
    actions.save_draft(source, actor=cast.dora, body="kept")
    later = actions.add_message(source, actor=cast.alice, body="One more thing", channel="portal")
    actions.merge_tickets(source, target, actor=cast.mara)
    target.refresh_from_db()
    assert target.last_customer_message_at == later.created_at
    assert Draft.objects.get().ticket == target


def test_nothing_is_split_off_a_closed_ticket(cast: Cast) -> None:
    ticket = cast.ticket()
    second = actions.add_message(ticket, actor=cast.alice, body="Also", channel="portal")
    for status in ("solved", "closed"):
        actions.change_ticket(ticket, {"status": status}, actor=cast.dora)
    with pytest.raises(Conflict, match="closed"):
        actions.split_ticket(ticket, [second.pk], subject="Wrong invoice", actor=cast.dora)


def test_a_merge_tells_nothing_of_a_ticket_that_the_reader_may_not_see(cast: Cast) -> None:
    source = cast.ticket(requester=cast.charlie, subject="Secretword", team=cast.legal, actor=cast.erik)
    target = cast.ticket()
    actions.merge_tickets(source, target, actor=cast.erik)
    assert not Ticket.objects.visible_to(cast.dora).filter(pk=source.pk).exists()
    assert not any("Secretword" in message.body for message in queries.messages_of(target, cast.dora))
    assert not Ticket.objects.visible_to(cast.dora).matching("Secretword").exists()


@pytest.mark.parametrize("which", ["itself", "closed", "merged"])
def test_merges_that_make_no_sense_are_refused(cast: Cast, which: str) -> None:
    source, target = cast.ticket(), cast.ticket()
    if which == "itself":
        target = source
    else:
        actions.change_ticket(target, {"status": "solved"}, actor=cast.dora)
        actions.change_ticket(target, {"status": "closed"}, actor=cast.dora)
    if which == "merged":
        source, target = target, source
    with pytest.raises((Invalid, Conflict)):
        actions.merge_tickets(source, target, actor=cast.dora)


def test_splitting_moves_messages_into_a_ticket_that_begins_with_them(cast: Cast) -> None:
    ticket = cast.ticket()
    second = actions.add_message(ticket, actor=cast.alice, body="Also, my invoice is wrong", channel="portal")
    new = actions.split_ticket(ticket, [second.pk], subject="Wrong invoice", actor=cast.dora)
    assert new.messages.get().pk == second.pk
    assert (new.requester, new.created_at) == (cast.alice, second.created_at)
    assert ticket.messages.count() == 1
    assert TicketLink.objects.get().kind == "split"
    with pytest.raises(Invalid):
        actions.split_ticket(ticket, list(ticket.messages.values_list("pk", flat=True)), subject="x", actor=cast.dora)
    with pytest.raises(Invalid):
        actions.split_ticket(ticket, [second.pk], subject="not here any more", actor=cast.dora)


def test_links_make_no_circles(cast: Cast) -> None:
    a, b, c = cast.ticket(), cast.ticket(), cast.ticket()
    actions.link_tickets(b, a, "child", actor=cast.dora)
    actions.link_tickets(c, b, "child", actor=cast.dora)
    with pytest.raises(Invalid):
        actions.link_tickets(a, c, "child", actor=cast.dora)
    link = actions.link_tickets(b, a, "child", actor=cast.dora)
    assert Event.objects.filter(kind="ticket.linked", subject_id=b.pk).count() == 1 + 1
    actions.unlink_tickets(link, actor=cast.dora)
    with pytest.raises(NotFound):
        actions.unlink_tickets(link, actor=cast.dora)
    with pytest.raises(NotAllowed):
        actions.link_tickets(a, b, "related", actor=cast.alice)


def test_drafts_survive_and_end_with_sending(cast: Cast) -> None:
    ticket = cast.ticket()
    actions.save_draft(ticket, actor=cast.dora, body="Dear")
    actions.save_draft(ticket, actor=cast.dora, body="Dear Alice")
    actions.save_draft(ticket, actor=cast.dora, body="a note", visibility="internal")
    assert Draft.objects.get(visibility="public").body == "Dear Alice"
    actions.add_message(ticket, actor=cast.dora, body="Dear Alice, …", channel="web")
    assert [d.visibility for d in Draft.objects.all()] == ["internal"]


def test_mentions_in_notes_are_recorded_once_each(cast: Cast) -> None:
    ticket = cast.ticket()
    body = "@erik @erik please look, @alice wrote; mail erik@desk.example, @dora"
    actions.add_message(ticket, actor=cast.dora, body=body, visibility="internal", channel="web")
    event = Event.objects.get(kind="ticket.mentioned")
    assert event.payload["user_ids"] == [cast.erik.pk]


def test_time_is_logged_by_staff_within_reason(cast: Cast) -> None:
    ticket = cast.ticket()
    assert actions.log_time(ticket, actor=cast.dora, seconds=90).seconds == 90
    for seconds in (0, -5, 86_401):
        with pytest.raises(Invalid):
            actions.log_time(ticket, actor=cast.dora, seconds=seconds)
    with pytest.raises(NotAllowed):
        actions.log_time(ticket, actor=cast.alice, seconds=90)


def test_the_same_message_token_is_one_message(cast: Cast) -> None:
    ticket = cast.ticket()
    first = actions.add_message(ticket, actor=cast.dora, body="Hi", channel="web", client_token="m")
    assert actions.add_message(ticket, actor=cast.dora, body="Hi", channel="web", client_token="m") == first
    assert Message.objects.filter(by_staff=True).count() == 1


def test_history_names_people_and_takes_a_fixed_number_of_statements(cast: Cast, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    ticket = actions.change_ticket(cast.ticket(), {"team": cast.support, "assignee": cast.dora}, actor=cast.lena)
    for priority in ["high", "low"] * 10:
        actions.change_ticket(ticket, {"priority": priority}, actor=cast.dora)
    with django_assert_max_num_queries(7):
        lines = queries.timeline(ticket, cast.dora)
    texts = [item.line.text for item in lines if item.line]
    assert "Assigned to Support, Dora" in texts
    assert "Priority: High" in texts
    mine = queries.history(ticket, cast.alice)
    assert [(line.text, line.actor, line.changes) for line in mine] == [("Ticket created", "", ())]


def test_views_count_in_one_statement(cast: Cast, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    for _ in range(3):
        actions.change_ticket(cast.ticket(), {"assignee": cast.dora, "team": cast.support}, actor=cast.lena)
    with django_assert_num_queries(2):
        found = queries.counts(queries.views(cast.dora))
    assert (found["my-open"], found["unassigned"], found["team-support"]) == (3, 0, 3)


def test_an_open_question_merged_into_a_solved_ticket_opens_it_again(cast: Cast) -> None:
    source, target = cast.ticket(), cast.ticket()
    actions.change_ticket(target, {"status": "solved"}, actor=cast.dora)
    target = actions.merge_tickets(source, target, actor=cast.dora)
    assert (target.status, target.solved_at, target.reopen_count) == ("open", None, 1)
    steps = Event.objects.about("ticket", target.pk).filter(kind="ticket.status_changed").order_by("id")
    assert [(step.payload["from"], step.payload["to"]) for step in steps] == [("new", "solved"), ("solved", "open")]


def test_a_solved_ticket_merged_into_a_solved_one_opens_nothing(cast: Cast) -> None:
    source, target = cast.ticket(), cast.ticket()
    actions.change_tickets([source.pk, target.pk], {"status": "solved"}, actor=cast.dora)
    assert actions.merge_tickets(source, target, actor=cast.dora).status == "solved"
