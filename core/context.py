"""Who is doing what, and from where: values that travel with a request, a task or a command.

They are context variables, so every thread and every Celery task has its own.
"""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

CHANNELS = ("web", "portal", "email", "api", "system", "import", "admin")

_correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")
_channel: ContextVar[str] = ContextVar("channel", default="system")
_actor_id: ContextVar[int | None] = ContextVar("actor_id", default=None)

_history: ContextVar[bool] = ContextVar("history", default=False)

_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def new_correlation_id() -> str:
    """A fresh id of 32 hexadecimal characters."""
    return uuid.uuid4().hex


def is_safe_correlation_id(value: str) -> bool:
    """True when an id that came from outside may be logged and stored as it is."""
    return _SAFE_ID.fullmatch(value) is not None


def correlation_id() -> str:
    """The bound correlation id; outside of any `bind` a fresh one on each call."""
    return _correlation_id.get() or new_correlation_id()


def bound_correlation_id() -> str:
    """The bound correlation id, or the empty string when none is bound."""
    return _correlation_id.get()


def channel() -> str:
    """The channel the current work came in by, one of CHANNELS; 'system' when none is bound."""
    return _channel.get()


def actor_id() -> int | None:
    """The id of the user at work, for logs. Actions take their actor as an argument and never from here."""
    return _actor_id.get()


@contextmanager
def bind(correlation_id: str | None = None, channel: str | None = None, actor_id: int | None = None) -> Iterator[str]:
    """Bind the given values until the block ends and yield the correlation id in force.

    What is left out keeps its outer value; without an outer correlation id a new one is made.
    Raises ValueError for a channel that does not exist.
    """
    if channel is not None and channel not in CHANNELS:
        raise ValueError(f"unknown channel {channel!r}; known: {', '.join(CHANNELS)}")
    in_force = correlation_id or _correlation_id.get() or new_correlation_id()
    id_token = _correlation_id.set(in_force)
    channel_token = _channel.set(channel or _channel.get())
    actor_token = _actor_id.set(actor_id if actor_id is not None else _actor_id.get())
    try:
        yield in_force
    finally:
        _actor_id.reset(actor_token)
        _channel.reset(channel_token)
        _correlation_id.reset(id_token)


def is_history() -> bool:
    """True inside of `as_history`."""
    return _history.get()


@contextmanager
def as_history() -> Iterator[None]:
    """Until the block ends every event counts as imported history, whichever action records it: nothing leaves the
    house. For demonstrations, never for work."""
    token = _history.set(True)
    try:
        yield
    finally:
        _history.reset(token)
