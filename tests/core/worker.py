"""A dispatcher in a process of its own that is killed at a named point; `tests.core.world.start_worker` starts it.

usage: python -m tests.core.worker POINT N   with the database as JSON in WORKER_DATABASE, settings in WORKER_SETTINGS
POINT before_claim | after_claim | during_effect | before_commit | after_commit : killed there, at the Nth delivery
      poison : killed by each event whose payload says n = -1
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.models import Event

POINTS = ("before_claim", "after_claim", "during_effect", "before_commit", "after_commit")


def die() -> None:
    """What the out-of-memory killer does."""
    os.kill(os.getpid(), signal.SIGKILL)


class Countdown:
    """Counts calls; the Nth is fatal."""

    def __init__(self, at: int) -> None:
        self.left = at

    def tick(self) -> None:
        self.left -= 1
        if self.left == 0:
            die()


def before(call: Callable[..., Any], fatal: Callable[[], None]) -> Callable[..., Any]:
    """The function with the fatal call before it."""

    def wrapped(*args: Any) -> Any:
        fatal()
        return call(*args)

    return wrapped


def after(call: Callable[..., Any], fatal: Callable[[], None]) -> Callable[..., Any]:
    """The function with the fatal call after it."""

    def wrapped(*args: Any) -> Any:
        result = call(*args)
        fatal()
        return result

    return wrapped


def arm(point: str, at: int) -> "Callable[[Event], None]":
    """Lay the mine at a point and return the consumer to use."""
    from core import dispatch
    from tests.core.world import Effects

    tick = Countdown(at).tick
    if point == "before_claim":
        dispatch.claim = before(dispatch.claim, tick)
    elif point == "after_claim":
        dispatch.handle = before(dispatch.handle, tick)
    elif point == "during_effect":
        return after(Effects.add, tick)
    elif point == "before_commit":
        dispatch.finish = after(dispatch.finish, tick)
    elif point == "after_commit":
        dispatch.handle = after(dispatch.handle, tick)
    elif point == "poison":
        return poisonous
    return Effects.add


def poisonous(event: "Event") -> None:
    """A consumer that dies of one kind of payload, after having written."""
    from tests.core.world import Effects

    Effects.add(event)
    if event.payload.get("n") == -1:
        die()


def main() -> None:
    import django
    from django.conf import settings

    for name, value in json.loads(os.environ["WORKER_SETTINGS"]).items():
        setattr(settings, name, value)
    settings.DATABASES = {"default": json.loads(os.environ["WORKER_DATABASE"])}
    django.setup()
    from core import dispatch
    from core.consumers import consumer
    from core.registries import event_kinds
    from tests.core.world import HAPPENED

    event_kinds.register(HAPPENED.name, HAPPENED)
    consumer("tests.effect", kinds=[HAPPENED])(arm(sys.argv[1], int(sys.argv[2])))
    dispatch.run_once()


if __name__ == "__main__":
    main()
