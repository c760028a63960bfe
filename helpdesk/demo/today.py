"""The last minutes, by the very actions that people's clicks call: so that every part of the desk has something."""

from __future__ import annotations

from random import Random
from uuid import UUID

from django.core.files.base import ContentFile

from helpdesk.demo.house import House
from helpdesk.demo.pictures import screenshot
from people.models import User
from tickets import actions
from tickets.actions import NewTicket
from tickets.models import LinkKind, Message, Status, Ticket, TicketType, Visibility

CRASH_LOG = (
    "2026-01-14 09:12:03 I app 4.20.0 started\n"
    "2026-01-14 09:12:41 W ImageCache 212 MB of 256 MB\n"
    "2026-01-14 09:12:44 E ImageCache out of memory\n"
    "2026-01-14 09:12:44 F ListingView.loadPhotos (listing.ts:214)\n"
)


def play(house: House, random: Random, tickets: list[Ticket]) -> None:
    """Notes, hand-overs, merges and the rest, on the unsolved ones of these tickets."""
    unsolved = [ticket for ticket in tickets if ticket.is_unsolved]
    _with_screenshot(house)
    ours = [ticket for ticket in unsolved if ticket.assignee_id]
    _escalate(house, [ticket for ticket in ours if ticket.sentiment in ("angry", "negative")])
    _hold(house, [ticket for ticket in unsolved if ticket.status == Status.PENDING])
    _crash_problem(house, [ticket for ticket in unsolved if ticket.category == house.categories["crash"]])
    _merge_and_split(house)
    _reopen(house, tickets)
    _side_work(house, random, ours)


def _with_screenshot(house: House) -> None:
    """The conversation of the handbook: a connection that fails, a screenshot, a hand-over to the senior."""
    customer, agent, lead = house.customer("theo.marlowe@secondspin.example"), house.staff["agent"], house.staff["lead"]
    ticket = actions.create_ticket(
        NewTicket(
            requester=customer,
            subject="eBay does not connect any more",
            body="Hi,\n\nsince I changed my eBay password QuickSell says “API credentials mismatch”. The new password "
            "works on eBay itself. A screenshot is attached.\n\nThanks,\nTheo",
            channel="portal",
            category=house.categories["connection"],
            form=house.forms["marketplace-trouble"],
            fields={"marketplace": ["eBay"], "error_text": "Connection failed: API credentials mismatch (QS-4012)"},
            attachment_ids=[_upload(screenshot(), "error-screenshot.png", customer)],
        ),
        actor=customer,
    )
    assigned = {"team": house.teams["marketplace"], "assignee": agent, "add_tags": ["ebay"]}
    actions.change_ticket(ticket, assigned, actor=agent)
    _note(ticket, agent, "Token refused since the password change. @lead could you look into the API log?")
    _say(
        ticket,
        agent,
        "Hi Theo,\n\nI can see from the screenshot that you're getting an “API credentials mismatch” error. That's "
        "actually helpful: eBay does not recognise our request. I've asked John, our senior specialist, to check "
        "eBay's log. You should hear from us within two hours.\n\nThanks for your patience!\nSarah",
    )
    _say(ticket, customer, "Thank you. I have a sale on Saturday, so the sooner the better.")
    _note(ticket, lead, "API access was withdrawn with the password. He has to renew it under Apps & permissions.")
    actions.log_time(ticket, actor=lead, seconds=14 * 60, note="API log")


def _escalate(house: House, candidates: list[Ticket]) -> None:
    for ticket in candidates[-3:]:
        agent = house.staff["lead"]
        _note(ticket, agent, "Taking this up: a second complaint, and money is lost. @manager for your information.")
        actions.change_ticket(
            ticket,
            {"status": Status.ESCALATED, "priority": "critical", "add_tags": ["escalated"]},
            actor=agent,
            reason="customer lost a sale",
        )


def _hold(house: House, candidates: list[Ticket]) -> None:
    for ticket in candidates[:4]:
        agent = house.staff["hannah.weiss"]
        _note(ticket, agent, "Waiting for the app store's review of 4.20.1, usually two days.")
        actions.change_ticket(ticket, {"status": Status.ON_HOLD, "add_tags": ["monitoring"]}, actor=agent)


def _crash_problem(house: House, crashes: list[Ticket]) -> None:
    """One problem ticket that the crashes hang on, with the log."""
    agent = house.staff["kofi.mensah"]
    problem = actions.create_ticket(
        NewTicket(
            requester=agent,
            subject="Crashes with large photos (fix in 4.20.1)",
            body="Several reports of the app closing when a listing with large photos is opened. Log of a test device "
            "attached.",
            channel="web",
            type=TicketType.PROBLEM,
            priority="high",
            category=house.categories["crash"],
            team=house.teams["product"],
            assignee=agent,
            tags=["performance"],
            attachment_ids=[_upload(CRASH_LOG.encode(), "device.log", agent)],
        ),
        actor=agent,
    )
    for ticket in crashes[:4]:
        actions.link_tickets(ticket, problem, LinkKind.INCIDENT, actor=agent)
    actions.follow(problem, actor=house.staff["hannah.weiss"], on=True)


def _merge_and_split(house: House) -> None:
    customer, agent = house.customer("jay.okoro@northsidesneakers.example"), house.staff["agent"]
    colleague = house.customer("keisha.lorne@northsidesneakers.example")
    both = "The last pair sold on eBay and on Depop within a minute. Which buyer do I tell, and how do I avoid this?"
    first = _open(customer, "Two pairs sold at the same time", both, house)
    again = _open(customer, "Sold twice!!", "Sorry, forgot to say in my other message: both have paid already.", house)
    actions.merge_tickets(again, first, actor=agent)
    actions.add_participants(first, [colleague], actor=customer)
    other = _say(first, customer, "Something else: how do I move my account to a new mail address?")
    split = actions.split_ticket(first, [other.pk], subject="Move account to a new mail address", actor=agent)
    actions.change_ticket(split, {"category": house.categories["login"], "team": house.teams["general"]}, actor=agent)
    actions.change_ticket(first, {"team": house.teams["marketplace"], "assignee": agent}, actor=agent)


def _reopen(house: House, tickets: list[Ticket]) -> None:
    """Two who come back to something solved, and one to something closed (which opens a follow-up)."""
    solved = [ticket for ticket in tickets if ticket.status == Status.SOLVED]
    for ticket in solved[-2:]:
        _say(ticket, ticket.requester, "I am afraid it is back since this morning, exactly as before.")
    closed = [ticket for ticket in tickets if ticket.status == Status.CLOSED and ticket.requester == house.customers[0]]
    if closed:
        _say(closed[-1], house.customers[0], "This has started again after the update. Could you have another look?")


def _side_work(house: House, random: Random, candidates: list[Ticket]) -> None:
    agent, lead = house.staff["agent"], house.staff["lead"]
    for ticket in random.sample(candidates, min(12, len(candidates))):
        worker = ticket.assignee or agent
        note = random.choice(["", "Call", "Test"])
        actions.log_time(ticket, actor=worker, seconds=random.randint(3, 40) * 60, note=note)
    for ticket in candidates[-4:]:
        actions.follow(ticket, actor=lead, on=True)
    mine = [ticket for ticket in candidates if ticket.assignee_id == agent.pk]
    for ticket in mine[-2:]:
        first = ticket.requester.name.split()[0]
        actions.save_draft(ticket, actor=agent, body=f"Hi {first},\n\nI have just looked at your account and ")
    if len(candidates) > 1:
        actions.link_tickets(candidates[0], candidates[1], LinkKind.RELATED, actor=lead)


def _open(customer: User, subject: str, body: str, house: House) -> Ticket:
    new = NewTicket(requester=customer, subject=subject, body=body, channel="portal", category=house.categories["sync"])
    return actions.create_ticket(new, actor=customer)


def _say(ticket: Ticket, author: User, body: str) -> Message:
    return actions.add_message(ticket, actor=author, body=body, channel="web" if author.is_agent else "portal")


def _note(ticket: Ticket, author: User, body: str) -> None:
    actions.add_message(ticket, actor=author, body=body, visibility=Visibility.INTERNAL, channel="web")


def _upload(content: bytes, name: str, owner: User) -> UUID:
    return actions.store_upload(ContentFile(content, name=name), actor=owner).pk
