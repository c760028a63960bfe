"""Nobody learns from the log-in pages who has an account (CHECKS I2).

Times are not measured: the same number of password hashes is done, and the answer is held back for
longer than the rest takes.
"""

import re
import time
from typing import Any

import pytest
from django.test import Client

from people import actions
from people.models import User

UNKNOWN = "zharlie@shop.test"  # as long as Charlie's


def answers(path: str, form: dict[str, str], field: str, known: str, hashed: list[int]) -> list[tuple[Any, ...]]:
    """Status, target, page and hashes for the known and the unknown address, tokens and the address itself masked."""
    found = []
    for address in (known, UNKNOWN):
        browser = Client()
        hashed.clear()
        answer = browser.post(path, {**form, field: address})
        pages = [answer]
        if answer.status_code == 302:
            pages.append(browser.get(answer["Location"]))
        texts = tuple(_masked(page.content.decode(), address) for page in pages)
        headers = [
            {k: v for k, v in page.items() if k not in {"X-Request-ID", "Content-Length", "Expires"}} for page in pages
        ]
        cookies = sorted(browser.cookies)
        found.append(
            ([page.status_code for page in pages], answer.get("Location"), texts, headers, cookies, len(hashed))
        )
    return found


def _masked(page: str, address: str) -> str:
    page = re.sub(r'(csrfmiddlewaretoken" value=")\w+', r"\1", page)
    return page.replace(address, "ADDRESS")


FORMS = [
    ("/accounts/login/", {"password": "a wrong password"}, "login"),
    ("/accounts/password/reset/", {}, "email"),
    ("/accounts/login/code/", {}, "email"),
    ("/accounts/signup/", {"name": "Zed", "password1": "a right good password"}, "email"),
]


@pytest.mark.parametrize(("path", "form", "field"), FORMS)
def test_one_with_a_password(
    charlie: User, hashed: list[int], mailoutbox: list[Any], path: str, form: dict[str, str], field: str
) -> None:
    known, unknown = answers(path, form, field, charlie.email, hashed)
    assert known == unknown
    assert known[-1] == (0 if path.endswith(("reset/", "code/")) else 1)


@pytest.mark.parametrize(("path", "form", "field"), FORMS)
def test_one_without(
    db: None, hashed: list[int], mailoutbox: list[Any], path: str, form: dict[str, str], field: str
) -> None:
    dora = actions.ensure_customer("fharlie@shop.test", "Dora", actor=None)
    known, unknown = answers(path, form, field, dora.email, hashed)
    assert known == unknown


def test_a_wrong_code_says_the_same(charlie: User, mailoutbox: list[Any]) -> None:
    pages = []
    for address in (charlie.email, UNKNOWN):
        browser = Client()
        browser.post("/accounts/login/code/", {"email": address})
        answer = browser.post("/accounts/login/code/confirm/", {"code": "WRNG-CODE"})
        pages.append((answer.status_code, _masked(answer.content.decode(), address)))
    assert pages[0] == pages[1]


def test_strangers_get_no_mail(charlie: User, browser: Client, mailoutbox: list[Any]) -> None:
    browser.post("/accounts/login/code/", {"email": UNKNOWN})
    browser.post("/accounts/password/reset/", {"email": UNKNOWN})
    assert mailoutbox == []


def test_signing_up_with_a_known_address_tells_its_owner(charlie: User, browser: Client, mailoutbox: list[Any]) -> None:
    before = User.objects.values().get(pk=charlie.pk)
    form = {"name": "Mallory", "email": charlie.email, "password1": "a right good password"}
    browser.post("/accounts/signup/", form)
    assert [mail.to for mail in mailoutbox] == [[charlie.email]]
    assert "You have one already" in mailoutbox[0].body
    assert User.objects.values().get(pk=charlie.pk) == before


@pytest.mark.parametrize(("path", "form", "field"), FORMS)
def test_the_answer_is_held_back(
    settings: Any, db: None, browser: Client, mailoutbox: list[Any], path: str, form: dict[str, str], field: str
) -> None:
    settings.STEADY_ANSWER_SECONDS = 0.2
    before = time.monotonic()
    browser.post(path, {**form, field: UNKNOWN})
    assert time.monotonic() - before >= 0.2
