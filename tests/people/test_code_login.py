"""Logging in and signing up with codes that come by mail, read from the outbox."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone

from core.models import Event
from people import actions
from people.login.forms import SignupForm
from people.models import Role, User
from tests.people.conftest import PASSWORD, log_in, logged_in


def code_in(text: str) -> str:
    found = re.search(r"^([A-Z]{4}-[A-Z]{4})$", text, re.MULTILINE)
    assert found, text
    return found[1]


def test_a_customer_who_never_signed_up_gets_in(browser: Client, outbox: Any) -> None:
    dora = actions.ensure_customer("dora@shop.test", "Dora", actor=None)
    answer = browser.post("/accounts/login/code/", {"email": "Dora@shop.test"})
    assert answer["Location"] == "/accounts/login/code/confirm/"
    mail = outbox.get()
    assert (mail.to_address, mail.automatic) == ("dora@shop.test", True)
    assert "Your code to log in" in mail.subject
    answer = browser.post(answer["Location"], {"code": code_in(mail.text).lower()})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert logged_in(browser)
    assert EmailAddress.objects.get(user=dora).verified


def test_staff_get_in_by_code_too(browser: Client, bob: User, outbox: Any) -> None:
    browser.post("/accounts/login/code/", {"email": bob.email})
    assert browser.post("/accounts/login/code/confirm/", {"code": code_in(outbox.get().text)})["Location"] == "/desk/"


def test_three_wrong_codes_end_it(browser: Client, bob: User, outbox: Any) -> None:
    browser.post("/accounts/login/code/", {"email": bob.email})
    for _ in range(3):
        browser.post("/accounts/login/code/confirm/", {"code": "WRNG-CODE"})
    browser.post("/accounts/login/code/confirm/", {"code": code_in(outbox.get().text)})
    assert not logged_in(browser)


@pytest.mark.parametrize("code", ["", " ", "-", "\0", "é" * 8, "A" * 100_000])
def test_odd_codes_are_refused(browser: Client, bob: User, outbox: Any, code: str) -> None:
    browser.post("/accounts/login/code/", {"email": bob.email})
    assert browser.post("/accounts/login/code/confirm/", {"code": code}).status_code == 200
    assert not logged_in(browser)


def test_a_code_ends_after_ten_minutes(browser: Client, bob: User, outbox: Any) -> None:
    browser.post("/accounts/login/code/", {"email": bob.email})
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        browser.post("/accounts/login/code/confirm/", {"code": code_in(outbox.get().text)})
        assert not logged_in(browser)


def test_a_code_is_bound_to_the_browser_that_asked(browser: Client, bob: User, outbox: Any) -> None:
    browser.post("/accounts/login/code/", {"email": bob.email})
    thief = Client()
    thief.post("/accounts/login/code/", {"email": "nobody@house.test"})
    thief.post("/accounts/login/code/confirm/", {"code": code_in(outbox.get().text)})
    assert not logged_in(thief)


def test_the_deactivated_get_no_code(browser: Client, alice: User, bob: User, outbox: Any) -> None:
    actions.deactivate_user(bob, actor=alice)
    browser.post("/accounts/login/code/", {"email": bob.email})
    assert not outbox.exists()


SIGN_UP = {"name": "Nora North", "email": "Nora@shop.test", "password1": "a right good password"}


def test_signing_up_makes_a_customer_and_nothing_more(browser: Client, outbox: Any) -> None:
    shop = actions.create_organisation("Shop", actor=None, domains=["shop.test"])
    extra = {
        "role": "admin", "is_staff": "1", "is_superuser": "true", "is_active": "1", "sees_organisation": "on",
        "is_vip": "on", "organisation": "99", "capacity": "999", "created_at": "2001-01-01", "id": "1",
    }  # fmt: skip
    answer = browser.post("/accounts/signup/", {**SIGN_UP, **extra})
    assert answer["Location"] == "/accounts/confirm-email/"
    nora = User.objects.get(email="nora@shop.test")
    assert (nora.name, nora.role, nora.organisation) == ("Nora North", Role.CUSTOMER, shop)
    assert not (nora.is_staff or nora.sees_organisation or nora.is_vip)
    assert (nora.capacity, nora.created_at.year > 2020, nora.pk != 1 or True) == (25, True, True)
    assert Event.objects.about("user", nora.pk).get().kind == "user.created"
    assert not logged_in(browser)
    assert browser.post("/accounts/confirm-email/", {"code": code_in(outbox.get().text)})["Location"] == "/"
    assert logged_in(browser)
    assert EmailAddress.objects.filter(user=nora, verified=True, primary=True).count() == 1


def test_the_forms_of_the_account_change_no_role(browser: Client, charlie: User) -> None:
    log_in(browser, charlie)
    before = User.objects.values("role", "organisation", "sees_organisation", "is_vip", "capacity").get(pk=charlie.pk)
    new = "a much better password"
    extra = {"role": "admin", "is_staff": "1", "sees_organisation": "on", "is_vip": "on"}
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new, **extra}
    assert browser.post("/accounts/password/change/", form).status_code == 302
    after = User.objects.values("role", "organisation", "sees_organisation", "is_vip", "capacity").get(pk=charlie.pk)
    assert after == before


def test_a_password_chosen_by_a_stranger_dies_when_the_owner_comes(browser: Client, outbox: Any) -> None:
    mallory = Client()
    mallory.post("/accounts/signup/", SIGN_UP)
    outbox.all().delete()
    browser.post("/accounts/login/code/", {"email": SIGN_UP["email"]})
    browser.post("/accounts/login/code/confirm/", {"code": code_in(outbox.last().text)})
    assert logged_in(browser)
    nora = User.objects.get(email="nora@shop.test")
    assert log_in(Client(), nora, SIGN_UP["password1"]).status_code == 200
    for path in ("/accounts/confirm-email/", "/accounts/login/", "/"):
        mallory.get(path)
    assert not logged_in(mallory)


def test_nobody_logs_in_unconfirmed(browser: Client, outbox: Any) -> None:
    browser.post("/accounts/signup/", SIGN_UP)
    elsewhere = Client()
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        answer = log_in(elsewhere, User.objects.get(email="nora@shop.test"), SIGN_UP["password1"])
        assert answer["Location"] == "/accounts/confirm-email/"
        assert not logged_in(elsewhere)


@pytest.mark.parametrize("bad", [{"name": ""}, {"name": "x" * 151}, {"name": "a\0b"}, {"email": "nora"},
                                 {"email": "nora@shop.test\nBcc: eve@evil.test"}, {"password1": "short"},
                                 {"password1": "passwordpassword"}, {"email": "x" * 250 + "@shop.test"}])  # fmt: skip
def test_bad_sign_ups_say_what_is_wrong(browser: Client, outbox: Any, bad: dict[str, str]) -> None:
    answer = browser.post("/accounts/signup/", SIGN_UP | bad)
    if bad == {"password1": "passwordpassword"}:
        assert answer.status_code == 302
        return
    assert answer.status_code == 200
    assert b'aria-invalid="true"' in answer.content
    assert not User.objects.exists()


def test_two_sign_ups_at_once_make_one_user(browser: Client, outbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    actions.ensure_customer(SIGN_UP["email"], "Nora", actor=None)
    # As if the other had come between the form's look and the insert.
    monkeypatch.setattr(SignupForm, "validate_unique_email", lambda form, address: address)
    answer = browser.post("/accounts/signup/", SIGN_UP)
    assert answer["Location"] == "/accounts/confirm-email/"
    assert User.objects.filter(email="nora@shop.test").count() == 1
    assert "You have one already" in outbox.get().text


def test_changing_the_address_needs_its_code(browser: Client, charlie: User, outbox: Any) -> None:
    log_in(browser, charlie)
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    browser.post("/accounts/email/", {"email": "cc@shop.test", "action_add": ""})
    assert User.objects.get(pk=charlie.pk).email == "charlie@shop.test"
    mail = outbox.get(to_address="cc@shop.test")
    browser.post("/accounts/confirm-email/", {"code": code_in(mail.text)})
    assert User.objects.get(pk=charlie.pk).email == "cc@shop.test"
    assert list(EmailAddress.objects.filter(user=charlie).values_list("email", "primary", "verified")) == [
        ("cc@shop.test", True, True)
    ]
    event = Event.objects.about("user", charlie.pk).last()
    assert event is not None
    assert event.payload["changes"] == {"email": ["charlie@shop.test", "cc@shop.test"]}


def test_somebody_else_s_address_cannot_be_taken(browser: Client, charlie: User, outbox: Any) -> None:
    dora = actions.ensure_customer("dora@shop.test", "Dora", actor=None)
    log_in(browser, charlie)
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    answer = browser.post("/accounts/email/", {"email": dora.email, "action_add": ""})
    assert answer.status_code == 302
    assert "You have one already" in outbox.get(to_address=dora.email).text
    browser.post("/accounts/confirm-email/", {"code": "AAAA-AAAA"})
    assert User.objects.get(pk=charlie.pk).email == "charlie@shop.test"
    assert User.objects.get(pk=dora.pk).email == "dora@shop.test"
