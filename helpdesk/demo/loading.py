"""Plays the demo."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core import context
from helpdesk.demo import content, house, logins, past, today
from people.models import User
from tickets.models import Ticket

SEED = 20
TICKETS = 240
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Outcome:
    """What was made; ``password`` is that of all demo logins."""

    tickets: int
    customers: int
    password: str


def load(*, tickets: int = TICKETS) -> Outcome | None:
    """Play the demo in one transaction: all or nothing. None when it was played before."""
    if User.objects.filter(email=logins.LOGINS[0][1]).exists():
        return None
    random = Random(SEED)  # noqa: S311 (the same demo each time)
    data = content.load()
    password = demo_password()
    with context.bind(channel="system"), context.as_history(), transaction.atomic():
        built = house.build(data, random, password)
        played = past.play(built, content.Stories(data, random), random, timezone.now(), tickets)
        today.play(built, random, played)
        return Outcome(Ticket.objects.count(), len(built.customers), password)


def demo_password() -> str:
    """The one in the documentation on localhost; anywhere else one that nobody can look up."""
    local = urlsplit(settings.SITE_URL).hostname in LOCAL
    return logins.PASSWORD if local else secrets.token_urlsafe(12)


def leave_logins(password: str) -> Path:
    """Write the logins where the supervisor finds them."""
    return logins.write(Path(settings.DATA_DIR), password)
