"""Links in mails lead to the configured site, whatever Host the request came with (CHECKS I3)."""

import re
from typing import Any

import pytest
from django.test import Client

from people.models import User
from tests.people.conftest import log_in

FORGED = [
    {"HTTP_HOST": "evil.test"},
    {"HTTP_X_FORWARDED_HOST": "evil.test"},
    {"HTTP_HOST": "localhost:8000", "HTTP_X_FORWARDED_HOST": "evil.test", "HTTP_FORWARDED": "host=evil.test"},
    {"HTTP_HOST": "127.0.0.1:666"},
    {"HTTP_HOST": "localhost:evil"},
    {"HTTP_HOST": "localhost@evil.test"},
]


@pytest.mark.parametrize("forged", FORGED)
def test_a_reset_leads_to_the_site(
    browser: Client, bob: User, settings: Any, outbox: Any, forged: dict[str, str]
) -> None:
    settings.SITE_URL = "https://help.house.test"
    answer = browser.post("/accounts/password/reset/", {"email": bob.email}, **forged)
    if answer.status_code == 400:
        assert not outbox.exists()
        return
    text = outbox.get().text
    assert "evil" not in text
    assert re.findall(r"https?://[^/\s]+", text) == ["https://help.house.test"]
    link = re.search(r"https://help\.house\.test(/accounts/password/reset/key/\S+)", text)
    assert link
    assert browser.get(link[1], follow=True).status_code == 200


def test_so_do_the_other_mails(browser: Client, bob: User, settings: Any, outbox: Any) -> None:
    settings.SITE_URL = "https://help.house.test"
    form = {"name": "Mallory", "email": bob.email, "password1": "a right good password"}
    browser.post("/accounts/signup/", form, HTTP_HOST="127.0.0.1:666")
    Client().post("/accounts/login/code/", {"email": bob.email}, HTTP_HOST="127.0.0.1:666")
    log_in(browser, bob)
    assert outbox.count() == 2
    for mail in outbox.all():
        assert "666" not in mail.text
        assert "help.house.test" in mail.text


def test_a_reset_link_works_once(browser: Client, bob: User, outbox: Any) -> None:
    browser.post("/accounts/password/reset/", {"email": bob.email})
    link = re.search(r"(/accounts/password/reset/key/\S+)", outbox.get().text)
    assert link
    new = {"password1": "a much better password", "password2": "a much better password"}
    page = browser.get(link[1], follow=True)
    assert browser.post(page.redirect_chain[-1][0], new).status_code == 302
    late = Client().get(link[1], follow=True)
    assert b"does not work any more" in late.content
