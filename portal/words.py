"""A ticket in the plain words of its customer: nothing of how we work, who is assigned, or why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from people.models import User
from tickets.models import Message, Status, Ticket
from tickets.queries import HistoryLine


@dataclass(frozen=True)
class State:
    """Where a request stands. ``tone`` is the pill's colour."""

    label: str
    tone: str
    told: str


ANSWERED = State("Answered", "accent", "We have answered. Write back if there is more.")
WAITING = State("Waiting for us", "", "We have your message and will answer here and by e-mail.")
IN_WORK = State("In progress", "", "We are on it, and will write as soon as there is news.")
SOLVED = State("Solved", "ok", "This request is solved. Writing here opens it again.")
CLOSED = State("Closed", "ok", "This request is closed. Writing here opens a new one that goes on from it.")


def state_of(ticket: Ticket) -> State:
    """The request's state as its customer sees it."""
    if ticket.status == Status.CLOSED:
        return CLOSED
    if ticket.status == Status.SOLVED:
        return SOLVED
    ours, theirs = ticket.last_agent_message_at, ticket.last_customer_message_at
    if ours and (theirs is None or ours > theirs):
        return IN_WORK if ticket.status == Status.ON_HOLD else ANSWERED
    if ticket.status == Status.PENDING:
        return ANSWERED
    return IN_WORK if ticket.status == Status.ON_HOLD else WAITING


def who(message: Message | None, reader: User) -> str:
    """Who wrote last, as a sentence's start."""
    if message is None or message.author is None:
        return "Somebody wrote"
    if message.author_id == reader.pk:
        return "You wrote"
    return f"{message.author.display_name} {'replied' if message.by_staff else 'wrote'}"


@dataclass(frozen=True)
class Row:
    """A request in a list."""

    ticket: Ticket
    state: State
    line: str
    at: datetime
    mine: bool


def rows(tickets: Iterable[Ticket], last: dict[int, Message], reader: User) -> list[Row]:
    """Tickets as list rows."""
    return [_row(ticket, last.get(ticket.pk), reader) for ticket in tickets]


def _row(ticket: Ticket, message: Message | None, reader: User) -> Row:
    solved = bool(ticket.solved_at and (message is None or ticket.solved_at >= message.created_at))
    line = "Solved" if solved else who(message, reader)
    at = ticket.solved_at if solved and ticket.solved_at else (message.created_at if message else ticket.created_at)
    return Row(ticket, state_of(ticket), line, at, ticket.requester_id == reader.pk)


@dataclass(frozen=True)
class Step:
    """A line of the request's history."""

    at: datetime
    text: str


_STEPS = {
    "Ticket created": "Request received",
    "Reopened": "Opened again",
    "Status: Open": "We are on it",
    "Status: Escalated": "We are on it",
    "Status: On hold": "In progress",
    "Status: Pending": "Waiting for your answer",
    "Status: Solved": "Solved",
    "Status: Closed": "Closed",
}


def steps(lines: Iterable[HistoryLine]) -> list[Step]:
    """The customer's history in plain words; what says the same twice in a row is said once."""
    found: list[Step] = []
    for line in lines:
        text = _STEPS.get(line.text) or ("Follow-up opened" if line.text.startswith("Follow-up") else "")
        if text and (not found or found[-1].text != text):
            found.append(Step(line.at, text))
    return found
