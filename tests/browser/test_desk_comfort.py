"""The desk under an agent's hands: nothing typed is lost or sent to the wrong reader; keys, tabs, files, a phone."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.seat import Guard, Seats
from tests.cast import Cast
from tickets.models import Draft, Message, Ticket


@pytest.fixture
def ticket(cast: Cast) -> Ticket:
    return cast.ticket(team=cast.support, assignee=cast.dora)


@pytest.fixture
def url(ticket: Ticket) -> str:
    return f"/desk/tickets/{ticket.number}/"


def paint(place: Locator) -> str:
    colour: str = place.evaluate("element => getComputedStyle(element).backgroundColor")
    return colour


def saved(page: Page) -> None:
    expect(page.locator("[data-draft-state]")).to_contain_text("draft saved")


def test_drafts_survive_closing_the_tab(cast: Cast, seats: Seats, ticket: Ticket, url: str) -> None:
    page = seats.open(cast.dora, url)
    page.locator("#body-public").fill("Half a sen")
    saved(page)
    page.get_by_role("tab", name="Internal note").click()
    page.locator("#body-internal").press_sequentially("Half a thought")
    page.close(run_before_unload=True)  # at once: what was not saved yet leaves with the page

    again = seats.contexts[0].new_page()
    for _ in range(20):
        again.goto(url)
        if again.locator("#body-internal").input_value():
            break
        again.wait_for_timeout(100)
    expect(again.locator("#body-public")).to_have_value("Half a sen")
    expect(again.locator("#body-internal")).to_have_value("Half a thought")
    other = seats.open(cast.lena, url)
    expect(other.locator("#body-public")).to_have_value("")
    again.get_by_role("tab", name="Reply").click()
    again.get_by_role("button", name="Send to Alice").click()
    expect(again.locator("#talk")).to_contain_text("Half a sen")
    assert list(Draft.objects.values_list("visibility", "body")) == [("internal", "Half a thought")]


def test_reply_and_note_cannot_be_confused(cast: Cast, seats: Seats, ticket: Ticket, url: str) -> None:
    page = seats.open(cast.dora, url)
    reply, note = page.locator("#write-public"), page.locator("#write-internal")
    expect(reply).to_be_visible()
    expect(note).to_be_hidden()
    expect(reply).to_contain_text("To Alice")
    page.locator("#body-public").fill("for Alice")
    reply_looks = paint(reply.locator("form")), paint(reply.locator("[data-send]"))
    page.get_by_role("tab", name="Internal note").click()
    expect(reply).to_be_hidden()
    expect(note).to_be_visible()
    expect(note).to_contain_text("Only staff see this. Alice never does.")
    expect(page.locator("#body-internal")).to_have_value("")  # a text of its own
    expect(page.get_by_role("button", name=re.compile("^Send"))).to_have_count(0)
    note_looks = paint(note.locator("form")), paint(note.locator("[data-send]"))
    assert all(one != other for one, other in zip(reply_looks, note_looks, strict=True)), (reply_looks, note_looks)
    page.locator("#body-internal").fill("for colleagues")
    page.locator("#body-internal").press("Control+Enter")
    expect(page.locator(".msg.note")).to_contain_text("for colleagues")
    expect(page.locator(".msg.note")).to_contain_text("internal note")
    assert list(ticket.messages.order_by("-id").values_list("body", "visibility")[:1]) == [
        ("for colleagues", "internal")
    ]
    expect(page.locator("#body-public")).to_have_value("for Alice")


def test_the_keyboard(cast: Cast, seats: Seats) -> None:
    for number in (1, 2, 3):
        cast.ticket(subject=f"Subject {number}", assignee=cast.dora)
    page = seats.open(cast.dora, "/desk/views/my-open/")
    subjects = page.locator("[data-open]").all_inner_texts()
    current = page.locator("tr.current [data-open]")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(current).to_have_text(subjects[1])
    page.keyboard.press("k")
    expect(current).to_have_text(subjects[0])
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("jx?")  # while one types, keys are letters
    expect(page.get_by_role("searchbox")).to_have_value("jx?")
    page.get_by_role("searchbox").fill("")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("j")
    page.keyboard.press("o")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text(subjects[1])
    page.keyboard.press("j")
    expect(heading).to_contain_text(subjects[2])
    page.keyboard.press("n")
    expect(page.locator("#body-internal")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.locator("#body-public")).to_be_focused()
    page.keyboard.type("Done, jon")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".msg.ours")).to_contain_text("Done, jon")


def test_two_tabs_change_the_same_field(cast: Cast, seats: Seats, guard: Guard, ticket: Ticket, url: str) -> None:
    guard.allow(r"status 409|status of 409")
    mine, theirs = seats.open(cast.dora, url), seats.open(cast.lena, url)
    theirs.get_by_label("Priority").select_option("critical")
    expect(theirs.locator("#ticket-head")).to_contain_text("Critical")
    mine.get_by_label("Priority").select_option("low")
    told = mine.locator("#side").get_by_role("alert")
    expect(told).to_be_visible()
    expect(told).to_contain_text("Critical")
    ticket.refresh_from_db()
    assert ticket.priority == "critical"
    mine.get_by_role("button", name="Save mine").click()
    expect(mine.locator("#ticket-head")).to_contain_text("Low")
    ticket.refresh_from_db()
    assert ticket.priority == "low"


def test_two_tabs_change_different_fields(cast: Cast, seats: Seats, ticket: Ticket, url: str) -> None:
    mine, theirs = seats.open(cast.dora, url), seats.open(cast.lena, url)
    theirs.get_by_label("Priority").select_option("high")
    expect(theirs.locator("#ticket-head")).to_contain_text("High")
    mine.get_by_label("Type").select_option("incident")
    expect(mine.locator("#ticket-head")).to_contain_text("Incident")
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.type) == ("high", "incident")


def test_a_double_click_sends_once(cast: Cast, seats: Seats, ticket: Ticket, url: str) -> None:
    page = seats.open(cast.dora, url)
    page.locator("#body-public").fill("Only once, please")
    page.get_by_role("button", name="Send to Alice").dblclick()
    expect(page.locator(".msg.ours")).to_have_count(1)
    # and when the script is too late: the same form twice
    page.locator("#body-public").fill("Once again")
    page.evaluate(
        """async () => {
            const form = document.querySelector('[data-write=public]')
            const send = () => fetch(form.action, { method: 'POST', body: new FormData(form) })
            await Promise.all([send(), send()])
        }"""
    )
    assert ticket.messages.filter(body="Only once, please").count() == 1
    assert ticket.messages.filter(body="Once again").count() == 1


def test_a_bulk_change(cast: Cast, seats: Seats) -> None:
    tickets = [cast.ticket(subject=f"Number {number}") for number in range(4)]
    page = seats.open(cast.dora, "/desk/views/all/")
    expect(page.get_by_label("Change the selected tickets")).to_be_hidden()
    for ticket in tickets[:3]:
        page.get_by_label(f"Select #{ticket.number}").check()
    bar = page.get_by_label("Change the selected tickets")
    expect(bar).to_contain_text("3 selected")
    bar.get_by_label("Priority").select_option("high")
    bar.get_by_label("Assignee").select_option("me")
    bar.get_by_label("Add tags").fill("outage, shop")
    bar.get_by_role("button", name="Change").click()
    expect(page.locator("#flashes, .flash").first).to_contain_text("3 tickets")
    for ticket in tickets:
        ticket.refresh_from_db()
    assert [ticket.priority for ticket in tickets] == ["high", "high", "high", "normal"]
    assert [ticket.assignee for ticket in tickets] == [cast.dora] * 3 + [None]
    assert sorted(tickets[0].tags.values_list("name", flat=True)) == ["outage", "shop"]


def test_files_are_sent_ahead_and_can_be_removed(
    cast: Cast, seats: Seats, guard: Guard, ticket: Ticket, url: str, tmp_path: Path
) -> None:
    guard.allow(r"status( of)? 400")
    for name, content in (
        ("report.csv", b"a,b\n1,2\n"),
        ("wrong.txt", b"x"),
        ("setup.exe", b"MZ\x90\x00" + b"\0" * 60),
    ):
        (tmp_path / name).write_bytes(content)
    page = seats.open(cast.dora, url)
    held: list[Route] = []
    page.route("**/desk/uploads/", lambda route: held.append(route))
    form = page.locator("#write-public")
    chips = form.locator("[data-files] li")
    with page.expect_file_chooser() as chooser:
        form.get_by_title("Attach files").click()
    chooser.value.set_files([tmp_path / "report.csv"])
    expect(chips).to_contain_text("uploading")
    page.locator("#body-public").fill("Here it is")
    page.get_by_role("button", name="Send to Alice").click()
    expect(page.locator("[data-draft-state]")).to_contain_text("still on its way")
    assert ticket.messages.count() == 1
    held[0].continue_()
    page.unroute("**/desk/uploads/")
    expect(chips).to_contain_text("8 B")
    form.locator("input[type=file]").set_input_files([tmp_path / "wrong.txt", tmp_path / "setup.exe"])
    expect(chips).to_have_count(3)
    expect(form.locator(".broken")).to_contain_text("setup.exe")
    form.get_by_role("button", name="Remove wrong.txt").click()
    expect(chips).to_have_count(2)
    form.get_by_role("button", name="Remove setup.exe").click()
    page.get_by_role("button", name="Send to Alice").click()
    expect(page.locator(".msg.ours").get_by_role("link", name="report.csv")).to_be_visible()
    message = ticket.messages.latest("id")
    assert [file.name for file in message.attachments.all()] == ["report.csv"]


def test_the_theme_switch(cast: Cast, seats: Seats) -> None:
    page = seats.open(cast.dora, "/desk/profile/")
    light = paint(page.locator("body"))
    page.get_by_label("Look").select_option("dark")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    dark = paint(page.locator("body"))
    assert dark != light
    page.goto("/desk/views/all/")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    night = seats.open(cast.lena, "/desk/profile/", look="dark")  # who chose nothing gets the machine's
    expect(night.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert paint(night.locator("body")) == dark


def test_a_phone(cast: Cast, seats: Seats, ticket: Ticket, url: str) -> None:
    page = seats.open(cast.dora, "/desk/views/my-open/", look="phone")
    bar = page.get_by_role("navigation", name="Areas").bounding_box()
    assert bar is not None
    assert (bar["x"], bar["width"]) == (0, 375)
    assert bar["y"] + bar["height"] == pytest.approx(812, abs=1)

    views = page.locator("#views")
    expect(views).not_to_be_in_viewport()
    page.get_by_role("link", name="Views").click()
    expect(views).to_be_in_viewport()
    views.get_by_role("link", name=re.compile("^All tickets")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("All tickets")
    expect(views).not_to_be_in_viewport()

    page.get_by_role("link", name=ticket.subject).click()
    side = page.locator("#side")
    expect(side).not_to_be_in_viewport()
    page.get_by_role("link", name="Details").click()
    expect(side).to_be_in_viewport()
    side.get_by_label("Priority").select_option("high")
    expect(page.locator("#ticket-head")).to_contain_text("High")
    side.get_by_role("link", name="Close").click()
    expect(side).not_to_be_in_viewport()
    page.locator("#body-public").fill("Sent from the train")
    page.get_by_role("button", name="Send to Alice").click()
    expect(page.locator(".msg.ours")).to_contain_text("Sent from the train")
    assert Message.objects.filter(body="Sent from the train").count() == 1


def test_a_portal_form_is_sent_once(cast: Cast, seats: Seats, work: Callable[[], None]) -> None:
    page = seats.open(cast.alice, "/new/")
    page.get_by_label("Subject").fill("Twice?")
    page.get_by_label("Message").fill("No.")
    page.get_by_role("button", name="Send").dblclick()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    work()
    assert Ticket.objects.count() == 1
