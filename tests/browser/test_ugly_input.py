"""What people paste, by mistake or on purpose: it stays text, nothing of it is lost, and nothing runs."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.seat import Guard, Seats
from tests.cast import Cast
from tickets.models import Ticket

NASTY = '<script>document.title="run"</script><img src=x onerror=alert(1)>'
SAMPLES = {
    "script": NASTY,
    "attribute": '"><svg onload=alert(1)>',
    "template": "{{7*7}} {% load x %} {product_purchased}",
    "right to left": "مرحبا \u202eEVIL\u202c، هل يمكنكم المساعدة؟",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈 é ﷽",
    "link": "javascript:alert(1) http://example.com/?a=1&b=<2>",
    "breaks": "one\r\ntwo\n\n\n    three",
}


def no_script_ran(page: Page) -> None:
    assert page.title() != "run"
    assert page.locator("main img[src=x], main svg[onload], main script").count() == 0


@pytest.fixture(autouse=True)
def _dialogs_are_faults(guard: Guard, seats: Seats) -> None:
    """An alert that opens is told."""
    opened = seats.open

    def watched(*args: object, **options: object) -> Page:
        page = opened(*args, **options)  # type: ignore[arg-type]
        page.on("dialog", lambda dialog: (guard.tell(f"dialog: {dialog.message}"), dialog.dismiss()))
        return page

    seats.open = watched  # type: ignore[method-assign, assignment]


def test_ugly_texts_stay_texts(cast: Cast, seats: Seats) -> None:
    customer = seats.open(cast.alice)
    agent = seats.open(cast.dora)
    for name, text in SAMPLES.items():
        customer.goto("/new/")
        subject = f"{name} {text}".replace("\r\n", " ").replace("\n", " ")
        customer.get_by_label("Subject").fill(subject)
        customer.get_by_label("Message").fill(text)
        customer.get_by_role("button", name="Send").click()
        expect(customer.get_by_role("heading", name="Thank you")).to_be_visible()
        ticket = Ticket.objects.latest("id")
        customer.goto(f"/requests/{ticket.number}/")
        shown = customer.locator(".message .said").first.text_content() or ""
        assert shown.split() == text.split(), name
        no_script_ran(customer)
        agent.goto(f"/desk/tickets/{ticket.number}/")
        shown = agent.locator("#talk .said").first.text_content() or ""
        assert shown.split() == text.split(), name
        expect(agent.get_by_role("heading", level=1)).to_contain_text(" ".join(subject.split())[:40])
        no_script_ran(agent)
    agent.goto("/desk/views/all/")
    expect(agent.locator("[data-open]")).to_have_count(len(SAMPLES))
    no_script_ran(agent)
    customer.goto("/requests/?show=all")
    no_script_ran(customer)


def test_a_name_full_of_markup(cast: Cast, seats: Seats) -> None:
    cast.alice.name = NASTY[:100]
    cast.alice.save()
    cast.acme.name = NASTY[:100]
    cast.acme.save()
    ticket = cast.ticket(tags=["<b>bold</b>"])
    agent = seats.open(cast.dora)
    for path in (f"/desk/tickets/{ticket.number}/", "/desk/views/all/", "/desk/customers/", "/desk/organisations/"):
        agent.goto(path)
        expect(agent.locator("main")).to_contain_text("<script>")
        no_script_ran(agent)
    customer = seats.open(cast.carol, "/organisation/?show=all")
    no_script_ran(customer)


def test_a_megabyte_is_refused_and_stays(cast: Cast, seats: Seats, guard: Guard) -> None:
    guard.allow(r"status( of)? 4(00|13)")
    text = "It began like this. " * 50_000
    page = seats.open(cast.alice, "/new/")
    page.get_by_label("Subject").fill("Long")
    page.get_by_label("Message").evaluate("(area, text) => { area.value = text }", text)
    page.get_by_role("button", name="Send").click()
    told = page.get_by_role("alert").first
    expect(told).to_contain_text("500,000")
    assert page.get_by_label("Message").input_value() == text
    assert Ticket.objects.count() == 0

    ticket = cast.ticket()
    agent = seats.open(cast.dora, f"/desk/tickets/{ticket.number}/")
    agent.locator("#body-public").evaluate("(area, text) => { area.value = text }", text)
    agent.get_by_role("button", name="Send to Alice").click()
    expect(agent.locator("#compose")).to_contain_text("500,000 characters")
    assert agent.locator("#body-public").input_value() == text
    assert ticket.messages.count() == 1


def test_empty_forms_say_what_is_missing(cast: Cast, seats: Seats, guard: Guard) -> None:
    guard.allow(r"status( of)? 400")
    page = seats.open(None, "/new/")
    page.get_by_label("Your name").fill("Nina")
    page.get_by_role("button", name="Send").click()
    for label in ("Your e-mail", "Subject", "Message"):
        field = page.get_by_label(label, exact=True)
        expect(field).to_have_attribute("aria-invalid", "true")
        described = field.get_attribute("aria-describedby") or ""
        assert page.locator(f"#{described.split()[-1]}").inner_text().strip()
    expect(page.get_by_label("Your name")).to_have_value("Nina")
    expect(page.get_by_role("alert").first).to_be_focused()

    ticket = cast.ticket()
    agent = seats.open(cast.dora, f"/desk/tickets/{ticket.number}/")
    agent.get_by_role("button", name="Send to Alice").click()
    expect(agent.locator("#compose").get_by_role("alert")).to_be_visible()
    assert ticket.messages.count() == 1
    assert Ticket.objects.count() == 1
