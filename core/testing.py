"""Helpers for tests of any app. Nothing in production imports this."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.db.backends.postgresql.operations import DatabaseOperations

from core import registries
from core.consumers import Consumer, Handler, consumer
from core.event_log import EventKind
from core.registry import Registry
from core.retention import SETTING

_sql_flush: Callable[..., list[str]] = DatabaseOperations.sql_flush


def allow_flush() -> None:
    """Let Django's flush, which ends each transactional test, empty the append-only event log. For conftest.py."""

    def sql_flush(self: DatabaseOperations, *args: Any, **kwargs: Any) -> list[str]:
        statements = _sql_flush(self, *args, **kwargs)
        return [f"SET LOCAL {SETTING} = 'on'", *statements] if statements else []

    DatabaseOperations.sql_flush = sql_flush  # type: ignore[method-assign, assignment]


@contextmanager
def registered(registry: Registry[Any], key: str, item: Any) -> Iterator[None]:
    """An item that is in a registry for the length of a block."""
    with mock.patch.dict(registry._items):
        registry.register(key, item)
        yield


@contextmanager
def consuming(
    run: Handler, *, kinds: Iterable[EventKind | str], name: str = "tests.consumer", **options: Any
) -> Iterator[None]:
    """A consumer that is subscribed for the length of a block; options as for `core.consumers.consumer`."""
    items: dict[str, Consumer] = registries.consumers._items
    with mock.patch.dict(items):
        consumer(name, kinds=kinds, **options)(run)
        yield


@contextmanager
def only_consumers(*prefixes: str) -> Iterator[None]:
    """Only the consumers whose names begin so, for the length of a block; none at all without prefixes."""
    items: dict[str, Consumer] = registries.consumers._items
    with mock.patch.dict(items):
        for name in [name for name in items if not name.startswith(prefixes or ("\0",))]:
            del items[name]
        yield
