"""The admin in a real browser: it works under our content security policy, in dark, on a phone, and passes axe."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from core.models import Delivery, Event
from tests.cast import Cast, make_cast
from tickets import actions
from tickets.models import Category, CustomField, FormField, LinkKind, TicketForm

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AXE = Path(settings.BASE_DIR) / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
LOOKS = {
    "light": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 375, "height": 800}, "color_scheme": "light"},
}
WITH_EVERY_LOOK = {"overview", "tickets", "ticket", "form", "delete"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright's loop runs in this thread
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        yield found
        found.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def cast(browser: Browser, transactional_db: None) -> Cast:
    return make_cast()


@pytest.fixture
def world(cast: Cast) -> dict[str, str]:
    """One of everything, and the pages that show it."""
    top = Category.objects.create(key="hardware", name="Hardware")
    Category.objects.create(key="printer", name="Printer", parent=top)
    field = CustomField.objects.create(key="plan", label="Plan", kind="choice", choices=["free", "pro"])
    field.categories.add(top)
    form = TicketForm.objects.create(key="form", name="Form")
    FormField.objects.create(form=form, field=field)
    ticket = cast.ticket(fields={"plan": "pro"})
    actions.add_message(ticket, actor=cast.dora, body="A word " * 80 + "x" * 300, channel="web")
    actions.link_tickets(ticket, cast.ticket(subject="Other"), LinkKind.RELATED, actor=cast.dora)
    message = ticket.messages.last()
    event = Event.objects.filter(kind="ticket.created").first()
    assert message is not None and event is not None
    Delivery.objects.create(
        event=event, consumer="test.dead", subject_kind="ticket", subject_id=ticket.pk, state="dead"
    )
    return {
        "overview": "/admin/",
        "tickets": "/admin/tickets/ticket/",
        "ticket": f"/admin/tickets/ticket/{ticket.pk}/change/",
        "message": f"/admin/tickets/message/{message.pk}/change/",
        "categories": "/admin/tickets/category/",
        "category": f"/admin/tickets/category/{top.pk}/change/",
        "field": f"/admin/tickets/customfield/{field.pk}/change/",
        "form": f"/admin/tickets/ticketform/{form.pk}/change/",
        "event": f"/admin/core/event/{event.pk}/change/",
        "deliveries": "/admin/core/delivery/",
        "team": f"/admin/people/team/{cast.support.pk}/change/",
        "delete": f"/admin/tickets/category/{top.pk}/delete/",
    }


@pytest.fixture
def open_page(browser: Browser, live_server: Any, cast: Cast) -> Iterator[Any]:
    """Open a path as Adam; what the console complains of is collected in ``page.complaints``."""
    client = Client()
    client.force_login(cast.adam, backend="people.backends.RoleBackend")
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    contexts = []

    def opened(look: str = "light") -> Page:
        context = browser.new_context(base_url=live_server.url, **LOOKS[look])  # type: ignore[arg-type]
        contexts.append(context)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
        page = context.new_page()
        page.complaints = []  # type: ignore[attr-defined]
        page.on("console", lambda told: complain(page, told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: complain(page, str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()


def complain(page: Any, words: str) -> None:
    page.complaints.append(words)


def violations(page: Page) -> list[str]:
    """What axe finds. It is put in by the debugger: the policy would not let the page load it."""
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": AXE.read_text()})
    found: list[str] = page.evaluate(
        "rules => axe.run(document, {runOnly: rules}).then(result => result.violations.flatMap("
        "rule => rule.nodes.map(node => `${rule.id}: ${node.target} ${node.html.slice(0, 120)}`)))",
        RULES,
    )
    return found


@pytest.mark.parametrize("look", LOOKS)
def test_every_kind_of_page_passes_axe_and_the_policy(open_page: Any, world: dict[str, str], look: str) -> None:
    page = open_page(look)
    found = {}
    for name, path in world.items():
        if look != "light" and name not in WITH_EVERY_LOOK:
            continue
        answer = page.goto(path, wait_until="load")
        assert answer.status == 200, name
        page.wait_for_function("document.getElementById('main')?.getAttribute('role') === 'main'")
        page.wait_for_timeout(120)  # transitions of colour
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        found[name] = [*violations(page), *page.complaints, *(["wider than the screen"] if wide else [])]
        page.complaints.clear()
    assert not {name: told for name, told in found.items() if told}


def test_sidebar_theme_and_filters_work(open_page: Any, world: dict[str, str]) -> None:
    page = open_page()
    page.goto(world["tickets"])
    expect(page.get_by_role("link", name="Custom fields")).to_be_hidden()
    page.get_by_text("Forms & fields").click()
    expect(page.get_by_role("link", name="Custom fields")).to_be_visible()
    page.get_by_text("Filters").click()
    page.locator("#changelist-filter, [x-show='filterOpen']").first.wait_for(state="visible")
    page.goto(f"{world['tickets']}?status__exact=new")
    expect(page.locator("#result_list tbody tr").first).to_be_visible()
    page.locator("#nav-sidebar-inner").get_by_text("adam@desk.example").first.click()
    page.get_by_text("Dark", exact=True).click()
    expect(page.locator("html")).to_have_class("dark")
    assert page.complaints == []


def test_an_autocomplete_field_finds_and_saves(open_page: Any, world: dict[str, str]) -> None:
    page = open_page()
    page.goto("/admin/tickets/category/add/")
    page.locator("#id_name").press_sequentially("Scanner")
    expect(page.locator("#id_key")).to_have_value("scanner")  # filled in from the name
    page.locator(".field-parent .select2-selection").click()
    page.locator(".select2-search__field").last.fill("hardw")
    page.get_by_role("option", name="Hardware").click()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/admin/tickets/category/")
    scanner = Category.objects.get(key="scanner")
    assert str(scanner.parent) == "Hardware"
    assert page.complaints == []


def test_an_action_on_chosen_rows(open_page: Any, world: dict[str, str]) -> None:
    page = open_page()
    page.goto(f"{world['deliveries']}?state__exact=dead")
    page.locator("#result_list input.action-select").first.check()
    page.locator("#changelist-actions select").select_option("retry")
    page.locator("#changelist-actions").get_by_role("button", name="Run").click()
    page.get_by_text("dead letter").first.wait_for()
    assert Delivery.objects.get(consumer="test.dead").state == "waiting"
    assert page.complaints == []
