"""The portal in a real browser: axe, the content security policy, dark, a phone; and what only a browser shows."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, FilePayload, Page, expect, sync_playwright

from people.models import User
from tests.cast import Cast, make_cast
from tests.portal.helpers import PNG, say, upload
from tickets import actions
from tickets.guest_links import make_token
from tickets.models import Category, CustomField, FieldKind, Ticket

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AXE = Path(settings.BASE_DIR) / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 375, "height": 800}, "color_scheme": "light"},
    "dark phone": {"viewport": {"width": 375, "height": 800}, "color_scheme": "dark"},
}
Open = Callable[..., Page]


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
def ticket(cast: Cast) -> Ticket:
    """A conversation with everything in it, and a form with every kind of question."""
    shop = Category.objects.create(key="shop", name="Shop", description="Selling", icon="plug")
    Category.objects.create(key="ebay", name="eBay", parent=shop)
    for kind in FieldKind.values:
        field = CustomField.objects.create(
            key=f"q_{kind}", label=f"Question {kind}", kind=kind, choices=["A", "B"], help_text="A hint."
        )
        field.categories.add(shop)
    actions.change_ticket(cast.ticket(subject="Solved one"), {"status": "solved"}, actor=cast.dora)
    files = [upload(cast.alice, "p.png", PNG), upload(cast.alice, "a.txt")]
    made = cast.ticket(attachment_ids=[file.pk for file in files], actor=cast.alice, category=shop)
    say(made, cast.dora, "Look at https://help.example.com/x " + "w" * 300)
    actions.add_participants(made, [cast.bob], actor=cast.alice)
    return made


@pytest.fixture
def open_page(browser: Browser, live_server: Any) -> Iterator[Open]:
    """A page of a person (or nobody) with a look; what the console complains of is in ``page.complaints``."""
    contexts = []

    def opened(user: User | None = None, look: str = "light", **more: Any) -> Page:
        context = browser.new_context(base_url=live_server.url, **LOOKS[look], **more)
        contexts.append(context)
        if user is not None:
            client = Client()
            client.force_login(user, backend="people.backends.RoleBackend")
            session = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
        page = context.new_page()
        complaints: list[str] = []
        page.complaints = complaints  # type: ignore[attr-defined]
        page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()


def faults(page: Page) -> list[str]:
    """What axe finds (put in by the debugger: the policy would not let the page load it), and what is too wide."""
    page.wait_for_timeout(150)  # transitions of colour
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": AXE.read_text()})
    found: list[str] = page.evaluate(
        "rules => axe.run(document, {runOnly: rules}).then(result => result.violations.flatMap("
        "rule => rule.nodes.map(node => `${rule.id}: ${node.target} ${node.html.slice(0, 120)}`)))",
        RULES,
    )
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("wider than the screen")
    return found


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_passes_axe_and_the_policy(open_page: Open, cast: Cast, ticket: Ticket, look: str) -> None:
    found = {}
    link, number = f"/t/{make_token(ticket, cast.alice)}/", ticket.number
    nobodys = ["/", "/new/?category=shop", "/search/?q=shop", link, "/t/forged/", "/nowhere/"]
    hers = ["/", "/new/?category=ebay", "/search/?q=shop", "/requests/?show=all", "/requests/?q=nothing"]
    hers += [f"/requests/{number}/", f"/requests/{number - 1}/", "/profile/"]
    visits: list[tuple[User | None, list[str]]] = [
        (None, nobodys),
        (cast.carol, ["/organisation/"]),
        (cast.alice, hers),
    ]
    for page, path in ((page, path) for user, paths in visits for page in [open_page(user, look)] for path in paths):
        answer = page.goto(path)
        assert answer is not None
        told = [] if answer.status == 404 else page.complaints  # type: ignore[attr-defined]
        found[path] = [*faults(page), *told]
        page.complaints.clear()  # type: ignore[attr-defined]
    assert not {path: told for path, told in found.items() if told}


@pytest.mark.parametrize("look", ["light", "dark phone"])
def test_a_refused_form_passes_axe_too_and_shows_its_faults(
    open_page: Open, cast: Cast, ticket: Ticket, look: str
) -> None:
    page = open_page(None, look)
    page.goto("/new/?category=ebay")
    page.fill("#body", "This stays.")
    page.fill("#field-q_number", "many")
    page.click("form.form button[type=submit]")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.locator("#body")).to_have_value("This stays.")
    assert not faults(page)
    page.get_by_role("alert").get_by_role("link", name="Question number").click()
    expect(page.locator("#field-q_number")).to_have_attribute("aria-invalid", "true")


def test_a_guest_answers_with_a_file_solves_and_reopens(open_page: Open, cast: Cast, ticket: Ticket) -> None:
    page = open_page()
    page.goto(f"/t/{make_token(ticket, cast.alice)}/")
    page.set_input_files("#attachments", FilePayload(name="b.txt", mimeType="text/plain", buffer=b"text"))
    expect(page.get_by_role("button", name="Remove b.txt")).to_be_visible()
    page.wait_for_selector("[name=uploads]", state="attached")
    page.fill("#body", "By the link.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".message").last).to_contain_text("By the link.")
    expect(page.locator(".message").last).to_contain_text("b.txt")
    page.get_by_role("button", name="Mark as solved").click()
    expect(page.locator(".stand")).to_contain_text("Solved")
    page.get_by_role("button", name="Open again").click()
    expect(page.locator(".stand")).to_contain_text("Waiting for us")
    assert page.complaints == []  # type: ignore[attr-defined]


def test_a_bad_file_is_told_at_once_and_can_be_taken_out(open_page: Open, cast: Cast, ticket: Ticket) -> None:
    page = open_page(cast.alice)
    page.goto(f"/requests/{ticket.number}/")
    page.set_input_files("#attachments", FilePayload(name="setup.exe", mimeType="text/plain", buffer=b"MZ"))
    expect(page.get_by_role("alert")).to_contain_text("setup.exe")
    page.get_by_role("button", name="Remove setup.exe").click()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_another_topic_asks_other_questions_and_keeps_answers(open_page: Open, cast: Cast, ticket: Ticket) -> None:
    page = open_page()
    page.goto("/new/")
    page.select_option("#category", "shop")
    page.fill("#field-q_text", "kept")
    with page.expect_response("**/new/questions/**"):
        page.select_option("#category", "ebay")
    expect(page.locator("#field-q_text")).to_have_value("kept")
    page.select_option("#category", "")
    expect(page.locator("#field-q_text")).to_have_count(0)


def test_the_search_answers_by_keyboard(open_page: Open, cast: Cast, ticket: Ticket) -> None:
    page = open_page(cast.alice)
    page.goto("/")
    page.focus("#q")
    page.keyboard.type("shop")
    expect(page.locator("[data-suggestions] a").first).to_be_visible()
    assert not faults(page)
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-suggestions] a").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("[data-suggestions]")).to_be_hidden()


def test_everything_works_without_script(open_page: Open, cast: Cast, ticket: Ticket) -> None:
    page = open_page(None, java_script_enabled=False)
    page.goto("/new/")
    page.fill("#email", "nina@new.example")
    page.fill("#subject", "No script")
    page.fill("#body", "At all.")
    page.select_option("#category", "shop")
    page.set_input_files("#attachments", FilePayload(name="b.txt", mimeType="text/plain", buffer=b"text"))
    page.click("[name=refresh]")
    expect(page.locator(".file-list")).to_contain_text("b.txt")
    page.select_option("#field-q_choice", "B")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".big-number")).to_contain_text("#")
    made = Ticket.objects.latest("id")
    assert made.fields["q_choice"] == "B" and made.attachments.count() == 1


def test_a_reply_is_kept_while_it_is_written(open_page: Open, cast: Cast, ticket: Ticket) -> None:
    page, path = open_page(cast.alice), f"/requests/{ticket.number}/"
    page.goto(path)
    page.fill("#body", "Half a sentence")
    expect(page.locator("[data-draft-state]")).to_have_text(re.compile(r"^Draft saved \d\d:\d\d$"))
    page.locator("#body").press_sequentially(" and more")
    page.goto("/")  # left before the pause is over
    other = open_page(cast.alice)
    for _ in range(20):
        other.goto(path)
        if "and more" in other.input_value("#body"):
            break
    expect(other.locator("#body")).to_have_value("Half a sentence and more")
    assert not faults(other)
    other.get_by_role("button", name="Send").click()
    expect(other.locator(".message").last).to_contain_text("and more")
    expect(other.locator("#body")).to_have_value("")
    assert [*page.complaints, *other.complaints] == []  # type: ignore[attr-defined]
