"""Attempts are counted per account and per address, in one place for all processes (CHECKS I2, X9)."""

import subprocess
import sys
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client

from people.models import User
from tests.people.conftest import PASSWORD, log_in


def attempt(address: str, password: str = "wrong password", **headers: Any) -> str:
    form = {"login": address, "password": password}
    answer = Client(**headers).post("/accounts/login/", form)
    if answer.status_code == 302:
        return "in"
    return "throttled" if answer.status_code == 429 or b"Too many" in answer.content else "refused"


def from_ip(number: int) -> dict[str, str]:
    return {"REMOTE_ADDR": f"192.0.2.{number}"}


def test_an_account_s_attempts_are_counted_wherever_they_come_from(bob: User) -> None:
    tries = [attempt(bob.email, **from_ip(i)) for i in range(1, 7)]
    assert tries == ["refused"] * 5 + ["throttled"]
    assert attempt(bob.email, PASSWORD, **from_ip(9)) == "throttled"


def test_an_unknown_account_s_as_well(db: None) -> None:
    tries = [attempt("nobody@house.test", **from_ip(i)) for i in range(1, 7)]
    assert tries == ["refused"] * 5 + ["throttled"]


def test_an_address_s_attempts_are_counted_whomever_they_aim_at(bob: User) -> None:
    tries = [attempt(f"nobody{i}@house.test", **from_ip(1)) for i in range(11)]
    assert tries == ["refused"] * 10 + ["throttled"]
    assert attempt(bob.email, PASSWORD, **from_ip(2)) == "in"


def test_other_hosts_give_no_fresh_allowance(bob: User) -> None:
    hosts = ["localhost", "localhost:1", "localhost:2", "127.0.0.1", "127.0.0.1:5", "[::1]", "LOCALHOST"]
    tries = [attempt(bob.email, HTTP_HOST=host, **from_ip(i)) for i, host in enumerate(hosts, 1)]
    assert tries[5:] == ["throttled"] * 2


def test_other_spellings_give_no_fresh_allowance(bob: User) -> None:
    spellings = [
        "bob@house.test",
        "BOB@house.test",
        "Bob@House.test",
        " bob@house.test",
        "bOb@house.test",
        "boB@HOUSE.test",
    ]
    tries = [attempt(address, **from_ip(i)) for i, address in enumerate(spellings, 1)]
    assert tries[-1] == "throttled"


@pytest.mark.parametrize("forged", ["203.0.113.{}", "<script>{}</script>", "203.0.113.{}, 10.0.0.1"])
def test_a_forged_forwarded_for_changes_nothing(db: None, forged: str) -> None:
    tries = [attempt(f"nobody{i}@house.test", HTTP_X_FORWARDED_FOR=forged.format(i), **from_ip(1)) for i in range(11)]
    assert tries[-1] == "throttled"


def test_behind_a_trusted_proxy_the_last_hop_counts(settings: Any, bob: User) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    def come(i: int) -> str:
        return attempt(f"n{i}@house.test", HTTP_X_FORWARDED_FOR=f"203.0.113.{i}, 198.51.100.7", REMOTE_ADDR="10.0.0.1")

    assert [come(i) for i in range(11)][-1] == "throttled"
    elsewhere = attempt(bob.email, PASSWORD, HTTP_X_FORWARDED_FOR="198.51.100.8", REMOTE_ADDR="10.0.0.1")
    assert elsewhere == "in"


def test_without_an_address_the_socket_itself_counts(bob: User) -> None:
    assert attempt(bob.email, PASSWORD, REMOTE_ADDR="") == "in"


def test_codes_and_resets_are_counted_too(bob: User, mailoutbox: list[Any]) -> None:
    for path in ("/accounts/login/code/", "/accounts/password/reset/"):
        mailoutbox.clear()
        answers = [Client(**from_ip(i)).post(path, {"email": bob.email}) for i in range(1, 6)]
        assert len(mailoutbox) == 3
        assert answers[-1].status_code == 429 or b"Too many" in answers[-1].content
        answers = [Client(**from_ip(i)).post(path, {"email": "nobody@house.test"}) for i in range(1, 6)]
        assert answers[-1].status_code == 429 or b"Too many" in answers[-1].content


ANOTHER_PROCESS = """
import os, sys, django
from django.conf import settings
django.setup()
settings.STEADY_ANSWER_SECONDS = 0
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
settings.DATABASES["default"]["NAME"] = sys.argv[1]
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from django.test import Client
for i in range(3):
    answer = Client(HTTP_HOST="localhost", REMOTE_ADDR=f"192.0.2.{50 + i}").post(
        "/accounts/login/", {"login": "bob@house.test", "password": "wrong"})
    assert answer.status_code == 200, answer.status_code
    print("throttled" if b"Too many" in answer.content else "refused")
"""


@pytest.mark.django_db(transaction=True)
def test_two_processes_share_one_count() -> None:
    from django.db import connection

    from people import actions

    actions.create_user("bob@house.test", actor=None, password=PASSWORD)
    try:
        assert [attempt("bob@house.test", **from_ip(i)) for i in range(1, 5)] == ["refused"] * 4
        command = [sys.executable, "-c", ANOTHER_PROCESS, str(connection.settings_dict["NAME"])]
        out = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
        assert out.split() == ["refused", "throttled", "throttled"]
        caches["local"].clear()
        assert attempt("bob@house.test", PASSWORD, **from_ip(7)) == "throttled"
    finally:
        caches["default"].clear()


def test_a_good_log_in_uses_nothing_up(bob: User) -> None:
    for i in range(1, 10):
        assert attempt(bob.email, PASSWORD, **from_ip(i)) == "in"
    assert log_in(Client(), bob).status_code == 302
