"""The second step: an authenticator app, recovery codes, and staff who must have one."""

import base64
import hashlib
import hmac
import struct
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from core.errors import NotAllowed
from core.models import Event
from people import actions
from people.models import User
from tests.people.conftest import PASSWORD, log_in, logged_in


def totp(secret: str, step: int = 0) -> str:
    """RFC 6238, six digits, `step` periods of 30 seconds from now."""
    counter = int(time.time()) // 30 + step
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", counter), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def set_up(browser: Client, user: User) -> tuple[str, list[str]]:
    """Log in and turn the app on; its key, and the recovery codes."""
    log_in(browser, user)
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = browser.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    assert secret in page.content.decode()
    assert "data:image/svg+xml" in page.content.decode()
    assert browser.post("/accounts/2fa/totp/activate/", {"code": totp(secret)}).status_code == 302
    codes = browser.get("/accounts/2fa/recovery-codes/").context["unused_codes"]
    return secret, codes


@pytest.fixture
def protected(bob: User, mailoutbox: list[Any]) -> tuple[User, str, list[str]]:
    return (bob, *set_up(Client(), bob))


def test_a_password_alone_is_not_enough(browser: Client, protected: tuple[User, str, list[str]]) -> None:
    bob, secret, _ = protected
    answer = log_in(browser, bob)
    assert answer["Location"] == "/accounts/2fa/authenticate/"
    assert not logged_in(browser)
    assert browser.get("/admin/").status_code == 302
    answer = browser.post("/accounts/2fa/authenticate/", {"code": totp(secret, 1)})
    assert answer["Location"] == "/desk/"
    assert logged_in(browser)


def test_nor_is_a_mailed_code(browser: Client, protected: tuple[User, str, list[str]], outbox: Any) -> None:
    bob, _, _ = protected
    browser.post("/accounts/login/code/", {"email": bob.email})
    code = next(line for line in outbox.last().text.splitlines() if len(line) == 9 and line[4] == "-")
    answer = browser.post("/accounts/login/code/confirm/", {"code": code})
    assert answer["Location"] == "/accounts/2fa/authenticate/"
    assert not logged_in(browser)


@pytest.mark.parametrize("code", ["", "000000", "abcdef", "\0", "१२३४५६", "9" * 10_000])
def test_wrong_codes_are_refused(browser: Client, protected: tuple[User, str, list[str]], code: str) -> None:
    log_in(browser, protected[0])
    assert browser.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 200
    assert not logged_in(browser)


def test_guessing_is_throttled(protected: tuple[User, str, list[str]]) -> None:
    bob, secret, _ = protected
    for i in range(6):
        guesser = Client(REMOTE_ADDR=f"192.0.2.{i}")
        log_in(guesser, bob)
        answer = guesser.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert b"Too many" in answer.content
    answer = guesser.post("/accounts/2fa/authenticate/", {"code": totp(secret, 1)})
    assert not logged_in(guesser)


def test_a_code_works_once(browser: Client, protected: tuple[User, str, list[str]]) -> None:
    bob, secret, _ = protected
    code = totp(secret, 1)
    for client, gets_in in ((browser, True), (Client(), False)):
        log_in(client, bob)
        client.post("/accounts/2fa/authenticate/", {"code": code})
        assert logged_in(client) is gets_in


def test_a_recovery_code_works_once(browser: Client, protected: tuple[User, str, list[str]]) -> None:
    bob, _, codes = protected
    assert len(codes) == 10
    for client, gets_in in ((browser, True), (Client(), False)):
        log_in(client, bob)
        client.post("/accounts/2fa/authenticate/", {"code": codes[0]})
        assert logged_in(client) is gets_in


@pytest.mark.django_db(transaction=True)  # allauth tells it on commit
def test_setting_it_up_and_taking_it_off_is_on_record(browser: Client, bob: User, mailoutbox: list[Any]) -> None:
    set_up(browser, bob)
    assert browser.post("/accounts/2fa/totp/deactivate/").status_code == 302
    recorded = Event.objects.filter(kind="user.second_factor_changed", subject_id=bob.pk).order_by("id")
    assert [(event.payload["type"], event.payload["what"]) for event in recorded] == [
        ("totp", "added"), ("recovery_codes", "added"), ("totp", "removed"), ("recovery_codes", "removed"),
    ]  # fmt: skip
    assert {event.actor_id for event in recorded} == {bob.pk}


def test_an_admin_helps_who_lost_their_phone(
    browser: Client, alice: User, protected: tuple[User, str, list[str]]
) -> None:
    bob, _, _ = protected
    with pytest.raises(NotAllowed):
        actions.reset_second_factor(bob, actor=bob)
    actions.reset_second_factor(bob, actor=alice)
    assert not Authenticator.objects.filter(user=bob).exists()
    event = Event.objects.about("user", bob.pk).last()
    assert event is not None
    assert event.payload == {"types": ["recovery_codes", "totp"]}
    assert log_in(browser, bob)["Location"] == "/desk/"


def test_staff_can_be_made_to_have_one(
    browser: Client, bob: User, charlie: User, settings: Any, mailoutbox: list[Any]
) -> None:
    settings.REQUIRE_STAFF_MFA = True
    log_in(browser, bob)
    for path in ("/desk/", "/admin/", "/", "/desk/tickets/1/"):
        answer = browser.get(path)
        assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/")
    assert b"Staff log in with a second step here" in browser.get("/accounts/2fa/").content
    set_up(browser, bob)
    assert browser.get("/desk/").headers.get("Location") != "/accounts/2fa/"
    customer = Client()
    log_in(customer, charlie)
    assert customer.get("/").headers.get("Location") != "/accounts/2fa/"


def test_the_pages_of_passkeys_answer(browser: Client, bob: User) -> None:
    log_in(browser, bob)
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert browser.get("/accounts/2fa/webauthn/add/").context["js_data"]["creation_options"]["publicKey"]
    assert browser.get("/accounts/2fa/webauthn/").status_code == 200
    options = Client().get("/accounts/2fa/webauthn/login/", headers={"x-requested-with": "XMLHttpRequest"})
    assert options.json()["request_options"]["publicKey"]["challenge"]
    assert Client().post("/accounts/2fa/webauthn/login/", {"credential": "{}"}).status_code in {200, 302}
    assert Client().post("/accounts/2fa/webauthn/login/", {"credential": "nonsense"}).status_code in {200, 302}
