"""Logging in with a password (CHECKS I1, I4, I6, I7)."""

import re
from typing import Any

import pytest
from django.test import Client

from people import actions
from people.models import User
from tests.people.conftest import PASSWORD, log_in, logged_in


def test_staff_go_to_the_desk_and_customers_to_the_portal(browser: Client, bob: User, outbox: object) -> None:
    answer = log_in(browser, bob)
    assert (answer.status_code, answer["Location"]) == (302, "/desk/")
    charlie = actions.create_user("charlie@shop.test", actor=None, password=PASSWORD)
    assert log_in(Client(), charlie)["Location"] == "/"


def test_the_session_s_id_changes(browser: Client, bob: User) -> None:
    browser.get("/accounts/login/?next=/desk/")
    session = browser.session
    session["mark"] = 1
    session.save()
    before = session.session_key
    browser.cookies["sessionid"] = before
    log_in(browser, bob)
    assert browser.session.session_key not in {None, before}
    stolen = Client()
    stolen.cookies["sessionid"] = before
    assert not logged_in(stolen)


def test_other_sessions_die_with_the_password(browser: Client, bob: User) -> None:
    elsewhere = Client()
    log_in(browser, bob)
    log_in(elsewhere, bob)
    new = "a much better password"
    answer = browser.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert answer.status_code == 302
    assert logged_in(browser)
    assert not logged_in(elsewhere)
    assert log_in(Client(), bob).status_code == 200
    assert log_in(Client(), bob, new).status_code == 302


def test_all_sessions_die_with_a_deactivation(browser: Client, alice: User, bob: User) -> None:
    log_in(browser, bob)
    actions.deactivate_user(bob, actor=alice)
    assert not logged_in(browser)
    assert log_in(browser, bob)["Location"] == "/accounts/inactive/"
    actions.reactivate_user(bob, actor=alice)
    assert not logged_in(browser)
    assert log_in(Client(), bob)["Location"] == "/desk/"


@pytest.mark.parametrize(
    "lure",
    ["//evil.test", "/\\evil.test", "\\\\evil.test", "javascript:alert(1)", "https://evil.test/", "http:///evil.test",
     "///evil.test", "/%5cevil.test/..//evil.test", "data:text/html,x", "https:evil.test", "\thttps://evil.test",
     "/\t/evil.test", "https://localhost:8000@evil.test/"],
)  # fmt: skip
def test_next_stays_on_the_site(browser: Client, bob: User, lure: str) -> None:
    answer = browser.post("/accounts/login/", {"login": bob.email, "password": PASSWORD, "next": lure})
    assert answer["Location"] in {"/desk/", "/%5cevil.test/..//evil.test"}
    page = Client().get("/accounts/login/", {"next": lure}).content.decode()
    assert not re.search(r'(href|src|action|content)="[^"]*evil\.test', page) or "/%5cevil" in lure


def test_next_is_followed_on_the_site(browser: Client, bob: User) -> None:
    answer = browser.post("/accounts/login/", {"login": bob.email, "password": PASSWORD, "next": "/desk/tickets/7/"})
    assert answer["Location"] == "/desk/tickets/7/"


@pytest.mark.parametrize(
    "path",
    ["login/", "signup/", "logout/", "password/reset/", "password/change/", "password/set/", "email/", "login/code/",
     "login/code/confirm/", "confirm-email/", "reauthenticate/", "2fa/authenticate/", "2fa/totp/activate/",
     "2fa/totp/deactivate/", "2fa/recovery-codes/generate/", "2fa/webauthn/add/", "2fa/webauthn/login/", "sessions/",
     "3rdparty/"],
)  # fmt: skip
def test_every_write_needs_its_token(bob: User, settings: Any, path: str) -> None:
    settings.CSRF_FAILURE_VIEW = "django.views.csrf.csrf_failure"
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(bob)
    assert strict.post(f"/accounts/{path}", {"password1": "x"}).status_code == 403


MEGABYTE = "a" * 1_000_000


def test_a_megabyte_of_password_is_refused_at_once(browser: Client, bob: User, hashed: list[int]) -> None:
    bob_in = Client()
    log_in(bob_in, bob)
    hashed.clear()
    tries = [
        browser.post("/accounts/login/", {"login": bob.email, "password": MEGABYTE}),
        browser.post("/accounts/login/", {"login": "nobody@house.test", "password": MEGABYTE}),
        browser.post("/accounts/signup/", {"name": "N", "email": "n@shop.test", "password1": MEGABYTE}),
        bob_in.post("/accounts/reauthenticate/", {"password": MEGABYTE}),
        bob_in.post(
            "/accounts/password/change/", {"oldpassword": MEGABYTE, "password1": MEGABYTE, "password2": MEGABYTE}
        ),
    ]
    assert [answer.status_code for answer in tries] == [200] * len(tries)
    for answer in tries:
        assert b"at most 128 characters" in answer.content
        assert len(answer.content) < 50_000
    assert not bob.check_password(MEGABYTE)
    assert hashed == []
    assert not User.objects.filter(email="n@shop.test").exists()


def test_a_megabyte_in_a_reset_is_refused_at_once(
    browser: Client, bob: User, mailoutbox: list[object], hashed: list[int]
) -> None:
    browser.post("/accounts/password/reset/", {"email": bob.email})
    body = mailoutbox[0].body  # type: ignore[attr-defined]
    link = next(word for word in body.split() if "/password/reset/key/" in word)
    page = browser.get(link.partition("localhost:8000")[2], follow=True)
    hashed.clear()
    path = page.redirect_chain[-1][0]
    answer = browser.post(path, {"password1": MEGABYTE, "password2": MEGABYTE})
    assert b"at most 128 characters" in answer.content
    assert hashed == []
    new = "a much better password"
    assert browser.post(path, {"password1": new, "password2": new}).status_code == 302
    assert log_in(Client(), bob, new).status_code == 302
