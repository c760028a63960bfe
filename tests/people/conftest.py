"""Alice is an admin, Bob an agent, Charlie a customer."""

from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client

from core import bell
from messaging.models import OutgoingMail
from people import actions
from people.models import Role, User

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _quick(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are not held back, and no broker is rung."""
    settings.STEADY_ANSWER_SECONDS = 0
    monkeypatch.setattr(bell, "ring", lambda *args, **kwargs: None)


@pytest.fixture
def alice(db: None) -> User:
    return actions.create_user("alice@house.test", actor=None, name="Alice Ames", role=Role.ADMIN, password=PASSWORD)


@pytest.fixture
def bob(db: None) -> User:
    return actions.create_user("bob@house.test", actor=None, name="Bob Beck", role=Role.AGENT, password=PASSWORD)


@pytest.fixture
def charlie(db: None) -> User:
    return actions.create_user("charlie@shop.test", actor=None, name="Charlie Cole", password=PASSWORD)


@pytest.fixture
def browser(db: None) -> Client:
    return Client()


@pytest.fixture
def outbox(settings: Any, db: None) -> Any:
    """Mails go into the outbox of the house; the manager of its rows."""
    settings.EMAIL_BACKEND = "messaging.backends.OutboxBackend"
    return OutgoingMail.objects


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lengths of the passwords that were hashed or checked, in order."""
    runs: list[int] = []
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        runs.append(len(password))
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    return runs


def log_in(browser: Client, user: User, password: str = PASSWORD) -> Any:
    """By the log-in form; the answer."""
    return browser.post("/accounts/login/", {"login": user.email, "password": password})


def logged_in(browser: Client) -> bool:
    """Whether the session belongs to somebody whom it lets in."""
    return browser.get("/accounts/email/").status_code == 200
