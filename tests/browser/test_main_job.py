"""The main job, in the browsers of those who do it: a customer writes, an agent answers, the ticket is solved."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from playwright.sync_api import Page, expect

from messaging.models import OutgoingMail
from tests.browser.seat import Seats
from tests.cast import Cast
from tickets.models import Category, CustomField, Message, Ticket

SECRET = "zebra-marker: their contract ends in May"
ROWS = "table.log tbody tr"


@pytest.fixture
def category(cast: Cast) -> Category:
    """One with questions of its own."""
    shop = Category.objects.create(key="shop", name="Shop connection", icon="plug")
    Category.objects.create(key="billing", name="Billing")
    plan = CustomField.objects.create(
        key="plan", label="Plan", kind="choice", choices=["Free", "Professional"], required=True
    )
    address = CustomField.objects.create(key="shop_url", label="Address of the shop", kind="text")
    plan.categories.add(shop)
    address.categories.add(shop)
    return shop


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    path = tmp_path / "connection.log"
    path.write_text("08:01 401 unauthorised\n")
    return path


def attach(page: Page, path: Path, opener: str = "input[type=file]:visible") -> None:
    page.locator(opener).first.set_input_files(path)


def test_from_a_customers_message_to_a_solved_ticket(
    cast: Cast, seats: Seats, category: Category, log_file: Path, work: Callable[[], None]
) -> None:
    alice = seats.open(cast.alice, "/")
    dora = seats.open(cast.dora)

    # The customer submits: the category brings its questions, the file goes ahead.
    alice.get_by_role("link", name="Shop connection").click()
    expect(alice.get_by_label("Topic")).to_have_value("shop")
    alice.get_by_label("Topic").select_option(label="Billing")
    expect(alice.get_by_label("Plan")).to_have_count(0)
    alice.get_by_label("Topic").select_option(label="Shop connection")
    alice.get_by_label("Plan").select_option("Professional")
    alice.get_by_label("Address of the shop").fill("https://birch.example")
    alice.get_by_label("Subject").fill("Cannot connect my shop")
    alice.get_by_label("Message").fill("It says that my credentials are wrong.")
    attach(alice, log_file, "#attachments")
    expect(alice.locator("[data-file] input[name=uploads]")).to_be_attached()
    alice.get_by_role("button", name="Send").click()
    expect(alice.get_by_role("heading", name="Thank you")).to_be_visible()
    ticket = Ticket.objects.get()
    expect(alice.get_by_text(f"#{ticket.number}")).to_be_visible()
    assert ticket.fields == {"plan": "Professional", "shop_url": "https://birch.example"}
    work()

    # The agent finds it in a view and opens it.
    dora.goto("/desk/")
    dora.locator("#views").get_by_role("link", name="Unassigned").click()
    dora.get_by_role("link", name="Cannot connect my shop").click()
    expect(dora.get_by_role("heading", level=1)).to_contain_text(f"#{ticket.number}")
    expect(dora.locator("#talk")).to_contain_text("my credentials are wrong")
    with dora.expect_download() as download:
        dora.locator("#talk").get_by_role("link", name="connection.log").click()
    assert Path(download.value.path()).read_text() == log_file.read_text()
    expect(dora.get_by_label("Plan")).to_have_value("Professional")
    dora.get_by_role("button", name="Assign to me").click()
    expect(dora.get_by_role("button", name="Assign to me")).to_have_count(0)

    # She notes something for colleagues, and replies.
    dora.get_by_role("tab", name="Internal note").click()
    dora.get_by_label("Internal note", exact=True).and_(dora.locator("textarea")).fill(SECRET)
    dora.get_by_role("button", name="Add internal note").click()
    expect(dora.locator(".msg.note")).to_contain_text("zebra-marker")
    dora.get_by_role("tab", name="Reply").click()
    dora.locator("#body-public").fill("Please make a new key, and tell me whether it works.")
    dora.get_by_label("Send and …").click()
    dora.get_by_role("button", name="Send and set pending").click()
    expect(dora.locator(".msg.ours:not(.note)")).to_contain_text("make a new key")
    expect(dora.locator("#ticket-head .pill").first).to_have_text("Pending")
    work()
    reply = OutgoingMail.objects.get(to_address=cast.alice.email, text__contains="make a new key")
    assert "zebra" not in reply.text + reply.html + reply.subject

    # The customer reads the reply, never the note, and answers.
    alice.get_by_role("link", name="See your request").click()
    expect(alice.locator(".message.ours")).to_contain_text("make a new key")
    assert "zebra" not in alice.content()
    with alice.expect_download() as download:
        alice.get_by_role("link", name="connection.log").click()
    assert download.value.suggested_filename == "connection.log"
    alice.get_by_role("textbox", name="Your reply").fill("That worked, thank you.")
    alice.get_by_role("button", name="Send").click()
    expect(alice.locator(".message.mine").last).to_contain_text("That worked")

    # The agent solves.
    dora.reload()
    expect(dora.locator("#ticket-head .pill").first).to_have_text("Open")
    expect(dora.locator("#talk")).to_contain_text("That worked")
    dora.get_by_label("More", exact=True).click()
    dora.get_by_role("button", name="Mark solved").click()
    expect(dora.locator("#ticket-head .pill").first).to_have_text("Solved")
    work()

    # The customer reopens.
    alice.reload()
    expect(alice.locator(".ticket-head .pill")).to_have_text("Solved")
    alice.get_by_role("button", name="Open again").click()
    expect(alice.locator(".ticket-head .pill")).not_to_have_text("Solved")

    # Solved again, this time by the customer.
    dora.reload()
    expect(dora.locator("#ticket-head .meta")).to_contain_text("reopened 1 time")
    dora.locator("#body-public").fill("I have switched the old key off as well.")
    dora.locator("#body-public").press("Control+Enter")
    expect(dora.locator("#talk")).to_contain_text("switched the old key off")
    alice.reload()
    alice.get_by_role("button", name="Mark as solved").click()
    expect(alice.locator(".ticket-head .pill")).to_have_text("Solved")
    work()

    # The history tells all of it, in order; the customer's version has no names and no note.
    dora.reload()
    dora.get_by_role("link", name="History").click()
    cells = [row.locator("td").all_inner_texts()[1:] for row in dora.locator(ROWS).all()]
    assert [(who, what.strip(), channel.lower()) for who, what, channel in reversed(cells)] == [
        ("Alice", "Ticket created", "portal"),
        ("Dora", "Assignee: nobody → Dora", "desk"),
        ("Dora", "Internal note", "desk"),
        ("Dora", "First response", "desk"),
        ("Dora", "Status: New → Pending", "desk"),
        ("Alice", "Replied", "portal"),
        ("Alice", "Status: Pending → Open", "portal"),
        ("Dora", "Status: Open → Solved", "desk"),
        ("Alice", "Status: Solved → Open", "portal"),
        ("Dora", "Replied", "desk"),
        ("Dora", "Status: Open → Pending", "desk"),  # the send button remembers what she chose before
        ("Alice", "Status: Pending → Solved", "portal"),
    ]
    assert "zebra" not in alice.content()
    assert ticket.messages.count() == 5


def mailed(address: str, pattern: str) -> str:
    """What the pattern finds in the last mail to somebody."""
    mail = OutgoingMail.objects.filter(to_address=address).order_by("-id").first()
    assert mail is not None
    found = re.search(pattern, mail.text, re.MULTILINE)
    assert found, mail.text
    return found[1]


def test_a_stranger_writes_and_comes_back_by_the_signed_link(
    cast: Cast, seats: Seats, log_file: Path, work: Callable[[], None]
) -> None:
    page = seats.open(None, "/")
    page.get_by_role("main").get_by_role("link", name="Write to us").click()
    page.get_by_label("Your name").fill("Nina Novak")
    page.get_by_label("Your e-mail").fill("nina@new.example")
    page.get_by_label("Subject").fill("An invoice is missing")
    page.get_by_label("Message").fill("October's, I think.")
    attach(page, log_file, "#attachments")
    expect(page.locator("[data-file] input[name=uploads]")).to_be_attached()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    work()
    link = mailed("nina@new.example", r"^(http\S+/t/\S+/)")

    guest = seats.open(None, link)
    expect(guest.get_by_role("heading", level=1)).to_contain_text("An invoice is missing")
    expect(guest.get_by_role("link", name="connection.log")).to_be_visible()
    guest.get_by_role("textbox", name="Your reply").fill("September's, in fact.")
    guest.get_by_role("button", name="Send").click()
    expect(guest.locator(".message.mine").last).to_contain_text("September's, in fact.")
    assert list(Message.objects.order_by("id").values_list("author__email", "body")) == [
        ("nina@new.example", "October's, I think."),
        ("nina@new.example", "September's, in fact."),
    ]

    # The link opens this one request; the others, and the list, need a log-in: by a mailed code.
    guest.get_by_role("main").get_by_role("link", name="Log in").click()
    guest.get_by_role("link", name="Send me a code by e-mail").click()
    guest.get_by_label("E-mail").fill("nina@new.example")
    guest.get_by_role("button", name="Send the code").click()
    expect(guest.get_by_role("heading", name="Enter the code")).to_be_visible()
    guest.get_by_label("Code").fill(mailed("nina@new.example", r"^([A-Z]{4}-[A-Z]{4})$"))
    guest.get_by_role("button", name="Continue").click()
    guest.goto("/requests/")
    expect(guest.get_by_role("link", name="An invoice is missing")).to_be_visible()


def test_log_in_by_the_form_and_out(cast: Cast, seats: Seats, work: Callable[[], None]) -> None:
    EmailAddress.objects.create(user=cast.dora, email=cast.dora.email, verified=True, primary=True)
    page = seats.open(None, "/desk/")
    page.get_by_label("E-mail").fill("dora@desk.example")
    page.get_by_label("Password", exact=True).fill("not-hers-123")
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("The address or the password is wrong.")
    page.get_by_label("E-mail").fill("dora@desk.example")
    page.get_by_label("Password", exact=True).fill("Dora-password-1")
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("navigation", name="Areas")).to_be_visible()
    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Log out").click()
    page.goto("/desk/")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
