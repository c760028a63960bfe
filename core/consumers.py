"""Consumers: what happens when something has happened.

@consumer("tickets.acknowledge", kinds=[TICKET_CREATED])
def acknowledge(event: Event) -> None: ...
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core import registries

if TYPE_CHECKING:
    from core.event_log import EventKind
    from core.models import Event

Handler = Callable[["Event"], None]


@dataclass(frozen=True)
class Consumer:
    """A function subscribed to event kinds.

    inline: runs in the transaction that records the event; otherwise later, by the dispatcher.
    on_backfill: also gets history that is imported; such a consumer must let nothing leave the house.
    automatic: what it does is the machine's doing and not a person's, so a send in doubt is not repeated.
    """

    name: str
    kinds: frozenset[str]
    run: Handler = field(repr=False)
    inline: bool = False
    on_backfill: bool = False
    automatic: bool = True

    @property
    def label(self) -> str:
        """How and to what it reacts, for `manage.py wiring`."""
        marks = ["inline" if self.inline else "deferred"]
        marks += ["on backfill"] if self.on_backfill else []
        marks += [] if self.automatic else ["for a person"]
        return f"{', '.join(marks)}: {', '.join(sorted(self.kinds))}"


def consumer(
    name: str,
    *,
    kinds: "Iterable[EventKind | str]",
    inline: bool = False,
    on_backfill: bool = False,
    automatic: bool = True,
) -> Callable[[Handler], Handler]:
    """Decorator: subscribe a function of one Event to event kinds; the function itself stays as it is.

    A consumer changes our database only, through an action, and may be run again after a failure:
    its effect and the end of its delivery are one transaction. Raises DuplicateKey for a taken name.
    """
    names = frozenset(kind if isinstance(kind, str) else kind.name for kind in kinds)
    if not names:
        raise ValueError(f"consumer {name!r} subscribes to nothing")

    def register(run: Handler) -> Handler:
        registries.consumers.register(name, Consumer(name, names, run, inline, on_backfill, automatic))
        return run

    return register


def subscribed(kind: str, *, backfill: bool = False) -> list[Consumer]:
    """The consumers of an event kind in the order in which they were registered.

    backfill: only those that want imported history.
    """
    return [c for c in registries.consumers if kind in c.kinds and (c.on_backfill or not backfill)]
