"""Acknowledgements and replies in the outbox: to whom, with whose link, and with nothing internal."""

import re
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from core.dispatch import run_once
from core.models import Delivery, Event
from core.registries import consumers
from messaging.models import OutgoingMail
from people.models import User
from tests.cast import Cast
from tests.portal.helpers import SECRET, form, note, say, upload
from tickets import actions
from tickets.consumers import acknowledge, mail_reply
from tickets.guest_links import read_token
from tickets.models import Ticket

As = Callable[[User], Client]
LINK = re.compile(r"/t/([^/\s\"]+)/")


def mails(kind: str) -> list[OutgoingMail]:
    """What is in the outbox after the dispatcher's round."""
    run_once()
    assert not Delivery.objects.filter(consumer__startswith="tickets.").exists()
    return list(OutgoingMail.objects.filter(kind=kind).order_by("id"))


def test_a_new_request_is_acknowledged_with_the_requesters_link(cast: Cast, client: Client) -> None:
    client.post("/new/", form())
    (mail,) = mails("acknowledgement")
    ticket = Ticket.objects.get()
    guest = read_token(LINK.findall(mail.text)[0])
    assert guest and (guest.ticket, guest.user) == (ticket, ticket.requester)
    assert (mail.to_address, mail.automatic, mail.cc) == ("nina@new.example", True, [])
    assert mail.subject.startswith(f"[#{ticket.number}] ")
    assert client.get(f"/t/{LINK.findall(mail.html)[0]}/").status_code == 200


def test_what_a_stranger_wrote_is_not_mailed_to_an_address_nobody_has_proved(cast: Cast, client: Client) -> None:
    client.post("/new/", form(subject="Buy cheap pills", body="at pills.example"))
    (mail,) = mails("acknowledgement")
    assert "pills" not in mail.subject + mail.text + mail.html


def test_a_known_customer_gets_the_subject_too(cast: Cast) -> None:
    EmailAddress.objects.create(user=cast.alice, email=cast.alice.email, verified=True, primary=True)
    cast.ticket(subject="My shop")
    (mail,) = mails("acknowledgement")
    assert mail.subject.endswith("My shop") and "My shop" in mail.text


def test_a_ticket_opened_for_a_customer_is_told_as_that(cast: Cast) -> None:
    cast.ticket(channel="web", actor=cast.dora)
    (mail,) = mails("acknowledgement")
    assert "opened a request for you" in mail.text and mail.to_address == cast.alice.email


def test_imports_splits_phone_calls_and_stand_ins_are_not_acknowledged(cast: Cast, client: Client) -> None:
    actions.create_tickets(
        [actions.NewTicket(requester=cast.alice, subject="Old", body="Old", channel="portal")],
        actor=None,
        backfill=True,
    )
    cast.ticket(channel="phone", actor=cast.dora)
    first = cast.ticket()
    second = say(first, cast.alice, "Another matter.")
    assert len(mails("acknowledgement")) == 1
    actions.split_ticket(first, [second.pk], subject="Another matter", actor=cast.dora)
    client.post("/new/", form(email=cast.dora.email))
    assert len(mails("acknowledgement")) == 1


def test_a_public_reply_goes_to_the_requester_and_to_each_in_copy_with_their_own_link(cast: Cast) -> None:
    ticket = cast.ticket()
    actions.add_participants(ticket, [cast.bob, cast.charlie], actor=cast.alice)
    file = upload(cast.dora, "guide.txt")
    say(ticket, cast.dora, "Do this & that.", attachment_ids=[file.pk])
    found = mails("reply")
    assert [mail.to_address for mail in found] == [cast.alice.email, cast.bob.email, cast.charlie.email]
    for mail in found:
        guests = {read_token(token) for token in LINK.findall(mail.text + mail.html)}
        assert [guest.user.email for guest in guests if guest] == [mail.to_address]
        assert not mail.automatic and mail.cc == []
        assert "Do this & that." in mail.text and "guide.txt" in mail.text and "Dora" in mail.from_name
        assert cast.dora.email not in mail.text + mail.html + mail.from_address
    others = found[1].text + found[1].html
    assert cast.alice.email not in others and cast.charlie.email not in others


def test_notes_and_customers_messages_are_never_mailed(cast: Cast) -> None:
    ticket = cast.ticket()
    note(ticket, cast.dora)
    say(ticket, cast.alice, "Any news?")
    say(ticket, cast.dora, "Yes.")
    assert len(mails("reply")) == 1
    assert not any(SECRET in mail.text + mail.html + mail.subject for mail in OutgoingMail.objects.all())


def test_those_who_cannot_see_or_are_gone_get_nothing(cast: Cast) -> None:
    ticket = cast.ticket()
    actions.add_participants(ticket, [cast.charlie], actor=cast.alice)
    User.objects.filter(pk=cast.charlie.pk).update(is_active=False)
    say(ticket, cast.dora, "Answer.")
    assert [mail.to_address for mail in mails("reply")] == [cast.alice.email]


def test_our_own_people_get_no_signed_link(cast: Cast) -> None:
    ticket = cast.ticket(requester=cast.erik)
    say(ticket, cast.dora, "Answer.")
    (mail,) = mails("reply")
    assert not LINK.findall(mail.text + mail.html) and f"/requests/{ticket.number}/" in mail.text


def test_the_mails_of_a_ticket_form_a_thread(cast: Cast) -> None:
    ticket = cast.ticket()
    mails("acknowledgement")
    say(ticket, cast.dora, "One.")
    mails("reply")
    say(ticket, cast.dora, "Two.")
    first, second = mails("reply")
    (acknowledgement,) = mails("acknowledgement")
    assert first.references[:2] == [acknowledgement.references[0], acknowledgement.message_id]
    assert second.in_reply_to == first.message_id and second.references[0] == first.references[0]
    assert str(ticket.number) not in acknowledgement.references[0]
    other = cast.ticket(requester=cast.charlie)
    assert mails("acknowledgement")[-1].references[0] != first.references[0] and other


def test_a_reply_ends_with_its_authors_signature(cast: Cast) -> None:
    User.objects.filter(pk=cast.dora.pk).update(signature="Dora\n<b>Support</b>")
    cast.dora.refresh_from_db()
    say(cast.ticket(), cast.dora, "Answer.")
    (mail,) = mails("reply")
    assert "Answer.\n\nDora\n<b>Support</b>\n" in mail.text
    assert "Dora<br>&lt;b&gt;Support&lt;/b&gt;" in mail.html


def test_an_address_that_no_mail_can_go_to_holds_up_nothing(cast: Cast) -> None:
    odd = User.objects.create_user('"a b"@example.com')
    say(cast.ticket(requester=odd), cast.dora, "Answer.")
    assert mails("reply") == [] == mails("acknowledgement")


def test_running_twice_mails_once(cast: Cast) -> None:
    ticket = cast.ticket()
    say(ticket, cast.dora, "Once.")
    run_once()
    for event in Event.objects.filter(kind="ticket.created"):
        acknowledge(event)
    for event in Event.objects.filter(kind="message.added"):
        mail_reply(event)
    assert sorted(OutgoingMail.objects.values_list("kind", flat=True)) == ["acknowledgement", "reply"]


@pytest.mark.parametrize("evil", ["x\r\nBcc: victim@example.com", "a, victim@example.com <b@c.example>"])
def test_no_name_and_no_subject_makes_a_header(cast: Cast, evil: str) -> None:
    User.objects.filter(pk__in=[cast.alice.pk, cast.dora.pk]).update(name=evil)
    EmailAddress.objects.create(user=cast.alice, email=cast.alice.email, verified=True, primary=True)
    ticket = cast.ticket(subject=evil, requester=User.objects.get(pk=cast.alice.pk))
    say(ticket, User.objects.get(pk=cast.dora.pk), "Answer.")
    from email import message_from_bytes, policy

    from messaging.mime import build

    for mail in [*mails("acknowledgement"), *mails("reply")]:
        parsed = message_from_bytes(build(mail), policy=policy.default)
        assert parsed["Bcc"] is None
        assert [address.addr_spec for address in parsed["To"].addresses] == [cast.alice.email]
        assert "\n" not in mail.subject + mail.to_name + mail.from_name


def test_markup_in_a_reply_is_text_in_the_mail(cast: Cast) -> None:
    ticket = cast.ticket(subject="<script>alert(1)</script>")
    say(ticket, cast.dora, "<img src=x onerror=alert(1)> {{7*7}} {% now %}")
    (mail,) = mails("reply")
    assert "<img" not in mail.html and "<script" not in mail.html
    assert "<img src=x onerror=alert(1)> {{7*7}} {% now %}" in mail.text


def test_both_consumers_are_deferred_and_know_no_history() -> None:
    for name in ("tickets.acknowledge", "tickets.mail_reply"):
        found = consumers.get(name)
        assert not found.inline and not found.on_backfill
