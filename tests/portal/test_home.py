"""The first page, the search and the pages for what goes wrong."""

from collections.abc import Callable

import pytest
from django.test import Client

from people.models import User
from tests.cast import Cast
from tests.portal.helpers import say
from tickets.models import Category

As = Callable[[User], Client]


@pytest.fixture
def topics(cast: Cast) -> None:
    shop = Category.objects.create(key="shop", name="Shop <b>", description="Selling", icon="plug")
    Category.objects.create(key="ebay", name="eBay", parent=shop)
    Category.objects.create(key="off", name="Switched off", is_active=False)
    Category.objects.create(key="inner", name="Internal topic", on_portal=False)


def test_topics_lead_to_the_form(topics: None, client: Client) -> None:
    page = client.get("/").content.decode()
    assert "/new/?category=shop" in page and "Shop &lt;b&gt;" in page
    assert not any(word in page for word in ("eBay", "Switched off", "Internal topic"))


def test_the_search_offers_topics_and_the_way_to_write(topics: None, client: Client) -> None:
    for url in ("/search/?q=ebay+trouble", "/search/?q=ebay+trouble&fragment=1"):
        page = client.get(url).content.decode()
        assert "Shop &lt;b&gt; › eBay" in page and "/new/?q=ebay%20trouble" in page
        assert "Internal topic" not in page
    assert 'value="ebay trouble"' in client.get("/new/?q=ebay+trouble").content.decode()


def test_latest_requests_with_what_waits_for_the_reader_first(cast: Cast, as_: As) -> None:
    answered = cast.ticket(subject="Answered one")
    say(answered, cast.dora, "Here.")
    for number in range(5):
        cast.ticket(subject=f"Later {number}")
    page = as_(cast.alice).get("/").content.decode()
    assert page.index("Answered one") < page.index("Later 4") and "Read and reply" in page
    assert "Later 4" not in as_(cast.charlie).get("/").content.decode()


def test_a_missing_page_is_designed(cast: Cast, client: Client) -> None:
    answer = client.get("/no/such/page/")
    assert answer.status_code == 404 and "<html" in answer.content.decode()


def test_programs_get_problems(cast: Cast, client: Client) -> None:
    answer = client.get("/api/no/such/")
    assert answer.status_code == 404 and answer["Content-Type"] == "application/problem+json"


def test_a_failure_shows_no_secret(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from portal import home

    def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(home.questions, "choices", fail)
    answer = Client(raise_request_exception=False).get("/")
    assert answer.status_code == 500 and "secret detail" not in answer.content.decode()


def test_the_guest_head_shows_who_is_logged_in_and_staff_find_the_desk(cast: Cast, as_: As) -> None:
    assert "/desk/" in as_(cast.dora).get("/").content.decode()
    assert "/desk/" not in as_(cast.alice).get("/").content.decode()
