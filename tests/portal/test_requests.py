"""Lists and conversations: whose they are, what they show, what can be done."""

from collections.abc import Callable

import pytest
from django.test import Client

from people.models import User
from tests.cast import Cast
from tests.portal.helpers import PNG, SECRET, note, say, upload
from tickets import actions
from tickets.models import CustomField, Participant, Ticket

As = Callable[[User], Client]
ACTS = ("", "reply/", "solve/", "reopen/", "copy/", "leave/")


@pytest.fixture
def ticket(cast: Cast) -> Ticket:
    """Alice's, full of what she must not see."""
    CustomField.objects.create(key="risk", label=f"{SECRET} risk", kind="text", for_customers=False)
    made = cast.ticket(team=cast.support, assignee=cast.dora, tags=[f"{SECRET}-tag"], priority="high")
    note(made, cast.dora)
    actions.change_ticket(made, {"fields": {"risk": SECRET}, "root_cause": SECRET}, actor=cast.dora)
    file = upload(cast.dora, f"{SECRET}.txt")
    note_with_file = note(made, cast.dora, "see file")
    file.__class__.objects.filter(pk=file.pk).update(message=note_with_file, ticket=made)
    actions.log_time(made, actor=cast.dora, seconds=60, note=SECRET)
    say(made, cast.dora, "Try the other password.")
    return Ticket.objects.get(pk=made.pk)


def test_a_customer_sees_the_conversation_and_nothing_internal(cast: Cast, ticket: Ticket, as_: As) -> None:
    browser = as_(cast.alice)
    pages = (
        f"/requests/{ticket.number}/",
        "/requests/?show=all",
        "/",
        f"/search/?q={SECRET}",
        f"/requests/?q={SECRET}",
    )
    for url in pages:
        page = browser.get(url).content.decode().replace(f"q={SECRET}", "").replace(f"“{SECRET}”", "")
        page = page.replace(f'value="{SECRET}"', "")
        assert SECRET not in page and cast.dora.email not in page, url
    page = browser.get(f"/requests/{ticket.number}/").content.decode()
    assert "Try the other password." in page and "Dora" in page and "see file" not in page


def test_the_search_is_blind_to_notes(cast: Cast, ticket: Ticket, as_: As) -> None:
    number = f"#{ticket.number}"
    browser = as_(cast.alice)
    assert number not in browser.get(f"/requests/?q={SECRET}").content.decode()
    assert number in browser.get("/requests/?q=password").content.decode()
    assert number in browser.get(f"/requests/?q={ticket.number}").content.decode()
    assert number not in as_(cast.charlie).get(f"/requests/?q={ticket.number}").content.decode()


@pytest.mark.parametrize("name", ["charlie", "bob", "dora", "adam"])
@pytest.mark.parametrize("act", ACTS)
def test_a_request_of_somebody_else_is_not_there(cast: Cast, ticket: Ticket, as_: As, name: str, act: str) -> None:
    browser, before = as_(getattr(cast, name)), _fingerprint(ticket)
    url = f"/requests/{ticket.number}/{act}"
    answer = browser.post(url, {"body": "hi", "email": "x@y.example"}) if act else browser.get(url)
    missing = browser.post(f"/requests/99999999/{act}", {}) if act else browser.get("/requests/99999999/")
    assert (answer.status_code, missing.status_code) == (404, 404)
    assert SECRET not in answer.content.decode() and _fingerprint(ticket) == before


def _fingerprint(ticket: Ticket) -> tuple[object, ...]:
    fresh = Ticket.objects.get(pk=ticket.pk)
    return fresh.version, fresh.status, fresh.messages.count(), fresh.participants.count(), Ticket.objects.count()


@pytest.mark.parametrize("act", ACTS)
def test_without_a_login_there_is_only_the_login(cast: Cast, ticket: Ticket, client: Client, act: str) -> None:
    before = _fingerprint(ticket)
    url = f"/requests/{ticket.number}/{act}"
    answer = client.post(url, {"body": "hi"}) if act else client.get(url)
    assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")
    assert _fingerprint(ticket) == before


@pytest.mark.parametrize("url", ["/requests/", "/organisation/", "/profile/"])
def test_lists_need_a_login(cast: Cast, client: Client, url: str) -> None:
    assert client.get(url).status_code == 302


@pytest.mark.parametrize("act", ACTS[1:])
def test_a_get_does_not_act(cast: Cast, ticket: Ticket, as_: As, act: str) -> None:
    assert as_(cast.alice).get(f"/requests/{ticket.number}/{act}").status_code == 405


@pytest.mark.parametrize("act", ACTS[1:])
def test_a_post_needs_its_token(cast: Cast, ticket: Ticket, act: str) -> None:
    strict, before = Client(enforce_csrf_checks=True), _fingerprint(ticket)
    strict.force_login(cast.alice, backend="people.backends.RoleBackend")
    answer = strict.post(f"/requests/{ticket.number}/{act}", {"body": "hi", "email": "x@y.example"})
    assert answer.status_code == 403 and "Please send it again" in answer.content.decode()
    assert _fingerprint(ticket) == before


def test_somebody_in_copy_reads_and_answers_and_leaves(cast: Cast, ticket: Ticket, as_: As) -> None:
    actions.add_participants(ticket, [cast.charlie], actor=cast.alice)
    browser = as_(cast.charlie)
    page = browser.get(f"/requests/{ticket.number}/").content.decode()
    assert "Try the other password." in page and SECRET not in page
    assert f"#{ticket.number}" in browser.get("/requests/").content.decode()
    assert browser.post(f"/requests/{ticket.number}/reply/", {"body": "Same here."}).status_code == 302
    assert browser.post(f"/requests/{ticket.number}/copy/", {"email": "e@x.example"}).status_code == 403
    browser.post(f"/requests/{ticket.number}/leave/")
    assert browser.get(f"/requests/{ticket.number}/").status_code == 404


def test_the_requester_puts_somebody_in_copy(cast: Cast, ticket: Ticket, as_: As) -> None:
    browser = as_(cast.alice)
    browser.post(f"/requests/{ticket.number}/copy/", {"email": " Mate@Example.com "})
    assert Participant.objects.get(ticket=ticket).user.email == "mate@example.com"
    bad = browser.post(f"/requests/{ticket.number}/copy/", {"email": "a@b.example, c@d.example"})
    assert bad.status_code == 400 and 'id="copy-error"' in bad.content.decode()
    assert "mate@example.com" in browser.get(f"/requests/{ticket.number}/").content.decode()


def test_names_of_known_people_are_not_told_to_who_types_their_address(cast: Cast, ticket: Ticket, as_: As) -> None:
    User.objects.create_user("known@example.com", name="Secret Name")
    browser = as_(cast.alice)
    browser.post(f"/requests/{ticket.number}/copy/", {"email": "known@example.com"})
    assert "Secret Name" not in browser.get(f"/requests/{ticket.number}/").content.decode()


def test_the_organisations_requests_are_for_those_who_may_see_them(cast: Cast, ticket: Ticket, as_: As) -> None:
    carol = as_(cast.carol)
    assert f"#{ticket.number}" in carol.get("/organisation/").content.decode()
    assert f"#{ticket.number}" not in carol.get("/requests/").content.decode()
    page = carol.get(f"/requests/{ticket.number}/").content.decode()
    assert "Try the other password." in page and SECRET not in page
    assert [as_(user).get("/organisation/").status_code for user in (cast.bob, cast.charlie, cast.adam)] == [404] * 3


def test_staff_see_their_own_requests_only_and_as_customers(cast: Cast, ticket: Ticket, as_: As) -> None:
    own = cast.ticket(requester=cast.dora, subject="My own laptop")
    note(own, cast.lena)
    browser = as_(cast.dora)
    listed = browser.get("/requests/").content.decode()
    assert f"#{own.number}" in listed and f"#{ticket.number}" not in listed
    assert SECRET not in browser.get(f"/requests/{own.number}/").content.decode()


def test_reply_with_a_file(cast: Cast, ticket: Ticket, as_: As) -> None:
    file = upload(cast.alice, "screen.png", PNG)
    answer = as_(cast.alice).post(f"/requests/{ticket.number}/reply/", {"body": "Here.", "uploads": [str(file.pk)]})
    message = ticket.messages.latest("id")
    assert answer["Location"] == f"/requests/{ticket.number}/#m{message.pk}"
    assert (message.author, message.by_staff, message.visibility) == (cast.alice, False, "public")
    page = as_(cast.alice).get(f"/requests/{ticket.number}/").content.decode()
    assert f"/attachments/{file.pk}/?inline=1" in page


def test_a_double_click_replies_once(cast: Cast, ticket: Ticket, as_: As) -> None:
    browser, token = as_(cast.alice), "c" * 32
    for _ in range(2):
        browser.post(f"/requests/{ticket.number}/reply/", {"body": "Once.", "client_token": token})
    assert ticket.messages.filter(body="Once.").count() == 1


def test_another_text_under_a_used_token_is_not_lost(cast: Cast, ticket: Ticket, as_: As) -> None:
    browser, url = as_(cast.alice), f"/requests/{ticket.number}/reply/"
    browser.post(url, {"body": "First.", "client_token": "d" * 32})
    answer = browser.post(url, {"body": "Second.", "client_token": "d" * 32})
    page = answer.content.decode()
    assert answer.status_code == 409 and "Second." in page and "d" * 32 not in page
    browser.post(url, {"body": "Second.", "client_token": answer.context["client_token"]})
    assert list(ticket.messages.order_by("-id").values_list("body", flat=True)[:2]) == ["Second.", "First."]


def test_too_many_replies_are_held_back_with_their_text(cast: Cast, ticket: Ticket, as_: As) -> None:
    browser = as_(cast.alice)
    for number in range(21):
        answer = browser.post(f"/requests/{ticket.number}/reply/", {"body": f"Reply {number}."})
    assert answer.status_code == 429 and "Reply 20." in answer.content.decode()
    assert not ticket.messages.filter(body="Reply 20.").exists()


@pytest.mark.parametrize("body", ["", " \n ", pytest.param("z" * 1_000_000, id="1 MB")])
def test_a_refused_reply_keeps_text_and_files(cast: Cast, ticket: Ticket, as_: As, body: str) -> None:
    file = upload(cast.alice)
    answer = as_(cast.alice).post(f"/requests/{ticket.number}/reply/", {"body": body, "uploads": [str(file.pk)]})
    page = answer.content.decode()
    assert answer.status_code == 400 and 'id="body-error"' in page and 'id="copy-error"' not in page
    assert str(file.pk) in page and body in page


def test_a_customer_says_only_public_things(cast: Cast, ticket: Ticket, as_: As) -> None:
    given = {"body": "Hm.", "visibility": "internal", "then_status": "closed", "author": cast.dora.pk}
    as_(cast.alice).post(f"/requests/{ticket.number}/reply/", given)
    message = ticket.messages.latest("id")
    assert (message.visibility, message.author) == ("public", cast.alice)


def test_solve_reopen_and_again(cast: Cast, ticket: Ticket, as_: As) -> None:
    browser = as_(cast.alice)

    def status() -> str:
        return Ticket.objects.get(pk=ticket.pk).status

    browser.post(f"/requests/{ticket.number}/solve/")
    browser.post(f"/requests/{ticket.number}/solve/")
    assert status() == "solved"
    assert "Open again" in browser.get(f"/requests/{ticket.number}/").content.decode()
    browser.post(f"/requests/{ticket.number}/reopen/")
    browser.post(f"/requests/{ticket.number}/reopen/")
    assert status() == "open"
    browser.post(f"/requests/{ticket.number}/solve/")
    browser.post(f"/requests/{ticket.number}/reply/", {"body": "Not yet."})
    assert status() == "open"
    page = browser.get(f"/requests/{ticket.number}/").content.decode()
    assert "Opened again" in page and "Solved" in page


def test_a_reply_to_a_closed_request_opens_a_follow_up(cast: Cast, ticket: Ticket, as_: As) -> None:
    actions.change_ticket(ticket, {"status": "solved"}, actor=cast.dora)
    actions.change_ticket(ticket, {"status": "closed"}, actor=None)
    browser = as_(cast.alice)
    assert "opens a new request" in browser.get(f"/requests/{ticket.number}/").content.decode()
    for act in ("solve", "reopen"):
        browser.post(f"/requests/{ticket.number}/{act}/")
    answer = browser.post(f"/requests/{ticket.number}/reply/", {"body": "Again!"})
    follow_up = Ticket.objects.latest("id")
    assert answer["Location"].startswith(f"/requests/{follow_up.number}/")
    assert follow_up.follow_up_of == ticket and Ticket.objects.get(pk=ticket.pk).status == "closed"
    assert f"request #{ticket.number}" in browser.get(f"/requests/{follow_up.number}/").content.decode()


def test_the_words_for_where_a_request_stands(cast: Cast, as_: As) -> None:
    browser, made = as_(cast.alice), cast.ticket()

    def label() -> str:
        page = browser.get(f"/requests/{made.number}/").content.decode()
        return page.split('<span class="pill')[1].split(">")[1].split("<")[0]

    seen = [label()]
    for act in (
        lambda: say(made, cast.dora, "Answer."),
        lambda: say(made, cast.alice, "Thanks, but?"),
        lambda: actions.change_ticket(made, {"status": "on_hold"}, actor=cast.dora),
        lambda: actions.change_ticket(made, {"status": "pending"}, actor=cast.dora),
        lambda: actions.change_ticket(made, {"status": "solved"}, actor=cast.dora),
    ):
        act()
        seen.append(label())
    assert seen == ["Waiting for us", "Answered", "Waiting for us", "In progress", "Answered", "Solved"]


def test_a_note_moves_nothing_in_the_customers_list(cast: Cast, as_: As) -> None:
    first, second = cast.ticket(subject="First"), cast.ticket(subject="Second")
    before = as_(cast.alice).get("/requests/").content.decode()
    note(first, cast.dora)
    after = as_(cast.alice).get("/requests/").content.decode()
    assert after.index("Second") < after.index("First")
    assert before.count("just now") == after.count("just now") and second.number


def test_lists_page_by_key_and_filter(cast: Cast, as_: As) -> None:
    made = [cast.ticket(subject=f"Number {n:02}") for n in range(25)]
    actions.change_ticket(made[0], {"status": "solved"}, actor=cast.dora)
    browser = as_(cast.alice)
    first = browser.get("/requests/")
    assert first.content.decode().count('class="row-link"') == 20
    cursor = first.context["part"].next
    second = browser.get(f"/requests/?cursor={cursor}").content.decode()
    assert second.count('class="row-link"') == 4 and "Newer" in second
    solved = browser.get("/requests/?show=solved").content.decode()
    assert solved.count('class="row-link"') == 1 and "Number 00" in solved


@pytest.mark.parametrize(
    "query", ["cursor=broken", "cursor=%00", "show=x&q=%00", "ordering=owner__password", "q=%ff", "q='%20OR"]
)
def test_odd_queries_have_no_effect(cast: Cast, ticket: Ticket, as_: As, query: str) -> None:
    assert as_(cast.alice).get(f"/requests/?{query}").status_code == 200


def test_a_list_takes_the_same_number_of_statements_for_any_length(
    cast: Cast, as_: As, django_assert_max_num_queries: Callable[..., object]
) -> None:
    browser = as_(cast.alice)
    for number in range(15):
        say(cast.ticket(subject=f"Request {number}"), cast.dora, "Answer.")
    with django_assert_max_num_queries(8):  # type: ignore[attr-defined]
        browser.get("/requests/")
    with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
        browser.get("/")


def test_a_conversation_takes_the_same_number_of_statements_for_any_length(
    cast: Cast, ticket: Ticket, as_: As, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for number in range(15):
        say(ticket, cast.dora if number % 2 else cast.alice, f"Message {number}")
    browser = as_(cast.alice)
    with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
        browser.get(f"/requests/{ticket.number}/")


@pytest.mark.parametrize("number", ["0", "18446744073709551616", "9" * 40])
def test_impossible_numbers_are_not_there(cast: Cast, as_: As, number: str) -> None:
    assert as_(cast.alice).get(f"/requests/{number}/").status_code == 404


def test_html_in_a_message_is_cleaned_once_more(cast: Cast, as_: As) -> None:
    evil = '<b>bold</b><script>alert(1)</script><img src="http://track.example/x"><a href="javascript:alert(1)">x</a>'
    made = cast.ticket(html=evil + "<form action=/x><base href=//evil>")
    page = as_(cast.alice).get(f"/requests/{made.number}/").content.decode()
    shown = page.split('class="rich">')[1].split("</div>")[0]
    assert "<b>bold</b>" in shown
    assert not any(bad in shown for bad in ("script", "<img", "javascript:", "<form", "<base"))


@pytest.mark.parametrize("url", ["/", "/new/", "/requests/", "/search/?q=x&fragment=1", "/nowhere/"])
def test_every_page_has_the_strict_policy(cast: Cast, as_: As, url: str) -> None:
    policy = as_(cast.alice).get(url)["Content-Security-Policy"]
    assert "script-src 'self'" in [part.strip() for part in policy.split(";")] and "unsafe" not in policy
