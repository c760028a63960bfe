"""The last weeks: tickets with their conversations as they went, up to some minutes ago."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from helpdesk.demo.content import Stories, Story, signed
from helpdesk.demo.house import House
from people.models import User
from tickets.actions import NewMessage, NewTicket, create_tickets
from tickets.models import Channel, Status, Ticket, Visibility

CHANNELS = [Channel.PORTAL, Channel.EMAIL, Channel.CHAT, Channel.SOCIAL, Channel.COMMUNITY]
CHANNEL_WEIGHTS = [40, 35, 15, 6, 4]
FIRST_ANSWER_MINUTES = {"critical": (4, 25), "high": (15, 90), "normal": (50, 300), "low": (180, 1_100)}
CLOSED_AFTER = timedelta(days=5)
RECENT = timedelta(days=4)
STALLS = 0.13
"""Share of the conversations in which the customer does not answer any more."""


@dataclass
class Told:
    """How far a story has come by now."""

    messages: list[NewMessage] = field(default_factory=list)
    solved_at: datetime | None = None
    no_reply: bool = False


def play(house: House, stories: Stories, random: Random, now: datetime, count: int) -> list[Ticket]:
    """``count`` tickets over four weeks, in the order in which they were opened."""
    opened = sorted(_moments(random, now, count))
    news = [_ticket(house, stories, random, now, at, number) for number, at in enumerate(opened, start=1)]
    return create_tickets(news, actor=None, backfill=True)


def _moments(random: Random, now: datetime, count: int) -> Iterator[datetime]:
    for number in range(count):
        if number < count // 12:  # a busy last day
            yield now - timedelta(minutes=random.randint(6, 1_300))
            continue
        day = now - timedelta(days=random.randint(1, 28))
        if day.weekday() >= 5 and random.random() < 0.6:
            day -= timedelta(days=2)
        at = day.replace(hour=min(23, max(0, int(random.gauss(14, 4)))), minute=random.randint(0, 59))
        yield min(at, now - timedelta(minutes=30))


def _ticket(house: House, stories: Stories, random: Random, now: datetime, at: datetime, number: int) -> NewTicket:
    # Every twelfth ticket is of the customer one can log in as.
    requester = house.customers[0] if number % 12 == 0 else random.choice(house.customers)
    story = stories.next(requester.name.split()[0])
    agent = random.choice(house.members[story.team])
    told = _conversation(story, requester, agent, random, now, at)
    untouched = not told.messages
    team = house.teams[story.team] if not untouched or random.random() < 0.6 else None
    status, closed_at = _status(told, now)
    solved = status in (Status.SOLVED, Status.CLOSED)
    return NewTicket(
        requester=requester,
        subject=story.subject,
        body=story.body,
        channel=random.choices(CHANNELS, CHANNEL_WEIGHTS)[0],
        priority=story.priority,
        type=story.type,
        category=house.categories[story.category],
        team=team,
        assignee=None if untouched else agent,
        tags=story.tags,
        fields=story.fields,
        source_key=f"demo:{number}",
        status=status,
        created_at=at,
        solved_at=told.solved_at,
        closed_at=closed_at,
        messages=told.messages,
        sentiment=_sentiment(story, told, random),
        resolution_type=("no_reply" if told.no_reply else story.resolution_type) if solved else "",
        resolution_summary="" if not solved or told.no_reply else story.resolution,
    )


def _conversation(story: Story, requester: User, agent: User, random: Random, now: datetime, opened: datetime) -> Told:
    told = Told()
    at = opened + timedelta(minutes=random.randint(*FIRST_ANSWER_MINUTES[story.priority]))
    stalls = random.random() < STALLS
    script, going_on = list(_script(story, stalls, random)), False
    if now - opened < RECENT and random.random() < 0.6:  # still in the middle of it
        said = random.randint(0, len(script) - 1) if now - opened > timedelta(hours=20) else random.randint(0, 2)
        script, going_on = script[:said], True
    for by, text in script:
        if at >= now - timedelta(minutes=3):
            return told
        author = requester if by == "customer" else agent
        visibility = Visibility.INTERNAL if by == "note" else Visibility.PUBLIC
        body = signed(text, agent.name.split()[0] if by != "agent" else agent.name)
        told.messages.append(NewMessage(author=author, body=body, created_at=at, visibility=visibility))
        at += timedelta(minutes=random.randint(4, 25) if by == "note" else random.randint(20, 900))
    if going_on:
        return told
    last = told.messages[-1].created_at
    ends = last + (timedelta(days=6) if stalls else timedelta(minutes=2))
    if ends < now:
        told.solved_at, told.no_reply = ends, stalls
    return told


def _script(story: Story, stalls: bool, random: Random) -> Iterator[tuple[str, str]]:
    """Who says what, in order: customer, agent, or a note among agents."""
    yield "agent", story.answer
    if stalls:
        yield "agent", story.reminder
        return
    if story.more:
        yield "customer", story.more
    for note in story.notes[: random.randint(0, 2)]:
        yield "note", note
    if story.fix:
        yield "agent", story.fix
    yield "customer", story.thanks
    if random.random() < 0.6:
        yield "agent", story.goodbye


def _status(told: Told, now: datetime) -> tuple[str, datetime | None]:
    if told.solved_at:
        closed = told.solved_at + CLOSED_AFTER
        return (Status.CLOSED, closed) if closed < now else (Status.SOLVED, None)
    public = [message for message in told.messages if message.visibility == Visibility.PUBLIC]
    if not public:
        return Status.NEW, None
    by_us = public[-1].author is not None and public[-1].author.is_agent
    return (Status.PENDING if by_us else Status.OPEN), None


def _sentiment(story: Story, told: Told, random: Random) -> str:
    if story.angry:
        return "angry"
    if told.solved_at and not told.no_reply:
        return random.choices(["positive", "neutral"], [6, 4])[0]
    if story.priority == "critical":
        return random.choices(["negative", "neutral", "angry"], [5, 4, 1])[0]
    return random.choices(["neutral", "negative", ""], [5, 3, 2])[0]
