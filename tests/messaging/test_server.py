"""SMTP_URL: understood, or refused with a reason."""

from typing import Any

import pytest

from messaging import checks
from messaging.server import Server, parse_smtp_url


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.acme.test", Server("mail.acme.test", 587, "", "", "starttls")),
        ("smtp://u%40a.test:p%2Fw@mail.acme.test:25", Server("mail.acme.test", 25, "u@a.test", "p/w", "starttls")),
        ("smtps://mail.acme.test", Server("mail.acme.test", 465, "", "", "tls")),
        ("smtp://mail.acme.test:465", Server("mail.acme.test", 465, "", "", "tls")),
        ("smtp://mail.acme.test?tls=none", Server("mail.acme.test", 25, "", "", "none")),
        ("smtp://localhost:1025", Server("localhost", 1025, "", "", "none")),
        ("smtp://[::1]:1025/?tls=starttls", Server("::1", 1025, "", "", "starttls")),
    ],
)  # fmt: skip
def test_a_url_names_a_server(url: str, server: Server) -> None:
    assert parse_smtp_url(url) == server


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mail.acme.test:25", "begin with smtp://"),
        ("http://mail.acme.test", "begin with smtp://"),
        ("smtp://", "host is missing"),
        ("smtp://mail.acme.test:x", "cannot be read"),
        ("smtp://mail.acme.test:99999", "cannot be read"),
        ("smtp://u:geheim@mail.acme.test/path", "nothing may follow"),
        ("smtp://u:geheim@mail.acme.test?tls=maybe", "tls must be one of"),
        ("smtp://u:geheim@mail.acme.test?ssl=1", "unknown option 'ssl'"),
        ("smtps://mail.acme.test?tls=none", "smtps:// means"),
    ],
)
def test_a_bad_url_is_an_error_with_a_hint_and_without_the_password(settings: Any, url: str, why: str) -> None:
    settings.SMTP_URL = url
    (error,) = checks.mail_server()
    assert error.id == "messaging.E001"
    assert why in error.msg
    assert error.hint
    assert "geheim" not in str(error)


def test_a_password_in_the_clear_is_warned_of(settings: Any) -> None:
    settings.SMTP_URL = "smtp://u:p@mail.acme.test:25?tls=none"
    assert [found.id for found in checks.mail_server()] == ["messaging.W001"]
    settings.SMTP_URL = "smtp://u:p@localhost:25"
    assert checks.mail_server() == []


def test_the_sender_is_one_address(settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Support"
    assert [found.id for found in checks.sender()] == ["messaging.E002"]
