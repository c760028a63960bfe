"""The ticket page: what it shows, at what cost, and that nothing said on it becomes markup."""

from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from people.actions import update_organisation, update_user
from tests.cast import Cast
from tickets import actions
from tickets.models import CustomField, Message, Ticket


def page(client: Client, ticket: Ticket, query: str = "") -> str:
    answer = client.get(f"/desk/tickets/{ticket.number}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def statements(client: Client, ticket: Ticket) -> int:
    with CaptureQueriesContext(connection) as seen:
        page(client, ticket)
    return len(seen)


def talk(cast: Cast, ticket: Ticket, rounds: int) -> None:
    for index in range(rounds):
        actions.add_message(ticket, actor=cast.alice, body=f"question {index}", channel="portal")
        actions.add_message(ticket, actor=cast.dora, body=f"note {index} @lena", channel="web", visibility="internal")
        actions.change_ticket(
            ticket, {"priority": ["low", "high"][index % 2], "add_tags": [f"t{index % 9}"]}, actor=cast.lena
        )
        actions.add_participants(ticket, [cast.bob, cast.carol], actor=cast.dora)
        actions.link_tickets(ticket, cast.ticket(), "related", actor=cast.dora)


def test_the_page_costs_the_same_after_5_and_50_rounds(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket(team=cast.support, assignee=cast.lena)
    talk(cast, ticket, 5)
    few = statements(dora, ticket)
    talk(cast, ticket, 45)
    assert statements(dora, ticket) == few
    assert few <= 36


def test_history_costs_the_same_after_5_and_50_rounds(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket(team=cast.support, assignee=cast.lena)
    talk(cast, ticket, 5)
    address = f"/desk/tickets/{ticket.number}/history/"
    with CaptureQueriesContext(connection) as few:
        dora.get(address)
    talk(cast, ticket, 45)
    with CaptureQueriesContext(connection) as many:
        dora.get(address)
    assert len(few) == len(many)


def test_theirs_ours_and_notes_are_told_apart(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    reply = actions.add_message(ticket, actor=cast.lena, body="our answer", channel="web")
    note = actions.add_message(ticket, actor=cast.lena, body="our note", channel="web", visibility="internal")
    text = page(dora, ticket)
    first = ticket.messages.order_by("pk").first()
    assert first is not None
    assert f'<article class="msg" id="message-{first.pk}">' in text
    assert f'<article class="msg ours" id="message-{reply.pk}">' in text
    assert f'<article class="msg note" id="message-{note.pk}">' in text


def test_the_composer_names_who_will_read_it(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket(cc=[cast.bob])
    text = page(dora, ticket)
    assert "Send to Alice and 1 more" in text
    assert "Add internal note" in text
    assert "Only staff see this." in text


def test_events_of_one_moment_share_a_line(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    actions.change_ticket(ticket, {"status": "open", "assignee": cast.dora, "priority": "high"}, actor=cast.lena)
    text = page(dora, ticket)
    assert "<b>Lena</b> · Status: Open · Assigned to Dora · Priority: High" in text


def test_history_tells_who_what_and_from_where(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    actions.change_ticket(ticket, {"priority": "high"}, actor=cast.lena)
    text = dora.get(f"/desk/tickets/{ticket.number}/history/").content.decode()
    assert "Lena" in text
    assert 'Priority: <span class="sub">Normal</span> → <b>High</b>' in text


EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}{product_purchased}'


def test_markup_is_text_everywhere(dora: Client, cast: Cast) -> None:
    update_user(cast.alice, actor=cast.adam, name=EVIL[:150], notes=EVIL)
    update_organisation(cast.acme, actor=cast.adam, name=EVIL)
    CustomField.objects.create(key="evil", label=EVIL[:120], help_text=EVIL)
    CustomField.objects.create(key="pick", label="Pick", kind="choice", choices=[EVIL[:120]])
    ticket = cast.ticket(subject=EVIL, body=EVIL, tags=[EVIL[:60]], fields={"evil": EVIL})
    actions.add_message(ticket, actor=cast.dora, body=EVIL, channel="web", visibility="internal")
    cast.ticket(subject=EVIL, tags=[EVIL[:60]])
    dora.post("/desk/columns/", {"column": ["tags", "organisation"]})
    addresses = [
        f"/desk/tickets/{ticket.number}/",
        f"/desk/tickets/{ticket.number}/?split=1",
        f"/desk/tickets/{ticket.number}/history/",
        "/desk/views/all/",
        "/desk/customers/",
        f"/desk/customers/{cast.alice.pk}/",
        "/desk/organisations/",
        f"/desk/organisations/{cast.acme.pk}/",
        "/desk/views/all/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
    ]
    for address in addresses:
        text = dora.get(address).content.decode()
        assert "<script>alert" not in text, address
        assert "<img src=x" not in text, address
    text = page(dora, ticket)
    assert "{{7*7}}" in text and "{product_purchased}" in text
    found = dora.get("/desk/people/find/?q=script")
    assert found.headers["Content-Type"] == "application/json"


def test_only_web_addresses_become_links(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket(
        body="see https://a.example/x?y=1&z=<b>. or javascript:alert(1) data:text/html,x and #17 and @dora"
    )
    text = page(dora, ticket)
    assert '<a href="https://a.example/x?y=1&amp;z=" rel="noopener noreferrer nofollow"' in text
    assert 'href="javascript' not in text and 'href="data' not in text
    assert '<a href="/desk/tickets/17/">#17</a>' in text


HTML = """<p onclick="alert(1)">Hello <b>there</b></p><script>alert(1)</script><img src=x onerror=alert(1)>
<a href="javascript:alert(1)">one</a><a href="https://a.example/">two</a><svg onload=alert(1)></svg><base href="//evil">
<form action="//evil"><input name=x></form><scr<script>ipt>alert(1)</script><style>body{display:none}</style>"""


def test_html_from_outside_is_inert(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    actions.add_message(ticket, actor=cast.alice, body="Hello there", html=HTML, channel="email")
    text = page(dora, ticket).partition('class="rich">')[2].partition("</article>")[0]
    assert "Hello <b>there</b>" in text and 'href="https://a.example/"' in text
    for bad in ("onclick", "<script", "onerror", "javascript:", "<svg", "<base", "<form", "<input", "<style", "<img"):
        assert bad not in text, bad


def test_no_inline_script_style_or_handler(dora: Client, cast: Cast) -> None:
    import re

    ticket = cast.ticket(tags=["x"])
    for address in (
        f"/desk/tickets/{ticket.number}/",
        "/desk/views/all/",
        "/desk/new/",
        "/desk/profile/",
        "/desk/notices/",
    ):
        answer = dora.get(address)
        text = answer.content.decode()
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script>", text), address
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_a_very_long_message_is_folded(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket(body="a" * 30_000)
    assert "10,000 more characters" in page(dora, ticket)


def test_a_closed_ticket_offers_a_follow_up(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket(team=cast.support)
    for status in ("solved", "closed"):
        actions.change_ticket(ticket, {"status": status}, actor=None)
    text = page(dora, ticket)
    assert "Open a follow-up ticket" in text
    assert "data-compose" not in text
    answer = dora.post(f"/desk/tickets/{ticket.number}/follow-up/", {"body": "It is back", "client_token": "t" * 32})
    again = dora.post(f"/desk/tickets/{ticket.number}/follow-up/", {"body": "It is back", "client_token": "t" * 32})
    assert answer.url == again.url
    new = Ticket.objects.get(follow_up_of=ticket)
    assert new.team == cast.support
    assert f"#{ticket.number}" in page(dora, new)


def test_previous_tickets_and_the_customers_card(dora: Client, cast: Cast) -> None:
    update_organisation(cast.acme, actor=cast.adam, yearly_value=48_000)
    old = cast.ticket(subject="An older one")
    secret = cast.ticket(subject="Marker-7731", team=cast.legal)
    text = page(dora, cast.ticket())
    assert f"#{old.number} An older one" in text
    assert "48,000" in text and "Acme" in text
    assert secret.subject not in text


def test_unknown_numbers_are_not_found(dora: Client, cast: Cast) -> None:
    for number in ("0", "4711", "9" * 30):
        assert dora.get(f"/desk/tickets/{number}/").status_code == 404


def test_moments_are_in_the_readers_zone(dora: Client, cast: Cast) -> None:
    update_user(cast.dora, actor=cast.adam, time_zone="Asia/Tokyo")
    ticket = cast.ticket()
    Message.objects.filter(ticket=ticket).update(created_at=timezone.now() - timedelta(days=2))
    assert "Asia/Tokyo" in page(dora, ticket)
