"""PostgreSQL and Redis of our own, for when DATABASE_URL or REDIS_URL is unset.

Whoever needs them calls `provide`, which finds the running ones of HELPDESK_DATA or starts them. The last one out
stops them: every user holds a shared lock, and who can turn it into an exclusive one is alone. The supervisor stops
them in any case.
"""

import atexit
import fcntl
import os
import subprocess
import sys
from collections.abc import MutableMapping
from pathlib import Path

from helpdesk.embedded import postgres, redis
from helpdesk.embedded.places import Places, Say, settle
from helpdesk.embedded.processes import EmbeddedError, lock_file, locked, reap, try_lock

__all__ = ["EmbeddedError", "Services", "data_folder", "provide"]

CHECKOUT = Path(__file__).resolve().parent.parent.parent


def data_folder(environ: MutableMapping[str, str]) -> Path:
    """HELPDESK_DATA as an absolute path; `.data` in the checkout when unset."""
    return Path(environ.get("HELPDESK_DATA", "").strip() or CHECKOUT / ".data").resolve()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class Services:
    """The embedded services that one process uses: PostgreSQL, Redis, both or none."""

    def __init__(self, places: Places | None, *, database: bool, broker: bool, supervised: bool, say: Say) -> None:
        self.places = places
        self.database = database
        self.broker = broker
        self._supervised = supervised
        self._say = say
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._pid = os.getpid()
        self._in_use = lock_file(places.run / "services.users") if places else None

    def start(self, environ: MutableMapping[str, str]) -> None:
        """Find or start what is ours, and put the addresses into `environ`."""
        if self.places is None or self._in_use is None:
            return
        with locked(self.places.run / "services.lock"):
            try_lock(self._in_use, fcntl.LOCK_SH)  # exclusive only for a moment, and only under services.lock
            self.keep_up()
        if self.database:
            environ["DATABASE_URL"] = postgres.url(self.places)
        if self.broker and (known := redis.state(self.places)):
            environ["REDIS_URL"] = known.url

    def keep_up(self) -> list[str]:
        """Start whichever of ours does not answer; return the names of those that were started."""
        started: dict[str, subprocess.Popen[bytes] | None] = {}
        if self.places and self.database:
            started["postgres"] = postgres.start(self.places, self._say, dies_with_parent=self._supervised)
        if self.places and self.broker:
            started["redis"] = redis.start(self.places, dies_with_parent=self._supervised)
        fresh = {name: child for name, child in started.items() if child is not None}
        self._children |= fresh
        return list(fresh)

    def gone(self) -> list[str]:
        """The names of ours whose process has ended."""
        if self.places is None:
            return []
        for child in self._children.values():
            child.poll()
        found = []
        if self.database and postgres.process(self.places) is None:
            found.append("postgres")
        if self.broker and redis.process(self.places) is None:
            found.append("redis")
        return found

    def release(self) -> None:
        """Stop them unless somebody else uses them. In a forked child: nothing."""
        if self.places is None or self._in_use is None or os.getpid() != self._pid:
            return
        with locked(self.places.run / "services.lock"):
            if try_lock(self._in_use, fcntl.LOCK_EX):
                self.stop()
            self._in_use.close()
        self._in_use = None

    def stop(self) -> None:
        """Stop them, whoever uses them: Redis first, so that the database has the last word."""
        if self.places and self.broker:
            redis.stop(self.places)
        if self.places and self.database:
            postgres.stop(self.places)
        for child in self._children.values():
            reap(child)
        self._children.clear()


def provide(environ: MutableMapping[str, str], *, supervised: bool = False, say: Say = _say) -> Services:
    """See to DATABASE_URL and REDIS_URL in `environ`: what is unset is found or started, and set.

    supervised: the caller stops them itself, and the kernel does when the caller is killed. Otherwise they are
    released when the interpreter ends. Raises EmbeddedError with a message for people.
    """
    database = not environ.get("DATABASE_URL", "").strip()
    broker = not environ.get("REDIS_URL", "").strip()
    environ["HELPDESK_DATA"] = str(data_folder(environ))
    places = settle(data_folder(environ), say) if database or broker else None
    services = Services(places, database=database, broker=broker, supervised=supervised, say=say)
    try:
        services.start(environ)
    except BaseException:
        services.release()
        raise
    if not supervised:
        atexit.register(services.release)
    return services
