"""Named collections that later apps add to without being imported by earlier ones."""

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class DuplicateKey(ValueError):
    """Two items were registered under one key."""


class UnknownKey(KeyError):
    """No item is registered under the key; the message names near matches."""

    def __str__(self) -> str:
        return str(self.args[0])


class Registry(Generic[T]):
    """Items by key, in the order in which they were registered.

    describe: one line about an item, for `manage.py wiring`.
    """

    def __init__(self, name: str, describe: Callable[[T], str] = str) -> None:
        self.name = name
        self.describe = describe
        self._items: dict[str, T] = {}

    def register(self, key: str, item: T) -> T:
        """Add an item and return it. Raises DuplicateKey when the key is taken."""
        if key in self._items:
            raise DuplicateKey(f"{self.name}: {key!r} is registered twice")
        self._items[key] = item
        return item

    def get(self, key: str) -> T:
        """The item of that key. Raises UnknownKey, which is a KeyError, with near matches."""
        try:
            return self._items[key]
        except KeyError:
            near = get_close_matches(key, self._items, n=3)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise UnknownKey(f"{self.name}: no {key!r}{hint}") from None

    def items(self) -> list[tuple[str, T]]:
        """All (key, item) pairs, a copy."""
        return list(self._items.items())

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._items.values()))

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"<Registry {self.name}: {len(self)} items>"


registries: dict[str, Registry[Any]] = {}
