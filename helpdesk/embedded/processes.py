"""Small helpers about operating-system processes and locks."""

import contextlib
import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import psutil

_PR_SET_PDEATHSIG = 1


class EmbeddedError(Exception):
    """The embedded services can't be had; the message says why and what to do."""


def die_with_parent(number: int) -> Callable[[], None] | None:
    """For Popen's preexec_fn: the kernel sends the child this signal when its parent dies. None where unknown."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def arrange() -> None:
        prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return arrange


def spawn(
    argv: list[str],
    *,
    log: Path,
    account: Mapping[str, Any],
    dies_with_parent: int | None = None,
    stdin: int | IO[bytes] | None = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, so that Ctrl-C in the terminal does not reach it."""
    with open_log(log) as out:
        return subprocess.Popen(  # noqa: S603  fixed programs of our own wheels
            argv,
            stdin=stdin,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=server_environment(),
            start_new_session=True,
            preexec_fn=die_with_parent(dies_with_parent) if dies_with_parent else None,  # noqa: PLW1509
            **account,
        )


def server_environment() -> dict[str, str]:
    """What a server needs to see of our environment: nothing that could change what it does."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def open_log(path: Path, keep_bytes: int = 5_000_000) -> IO[bytes]:
    """The log file opened for appending, after it was put aside as .1 when it had grown too long."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > keep_bytes:
            path.replace(path.with_suffix(path.suffix + ".1"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def last_lines(path: Path, count: int = 8) -> str:
    """The end of a log file, for an error message."""
    try:
        lines = path.read_text(errors="replace").splitlines()[-count:]
    except OSError:
        return "(no log)"
    return "\n".join(f"    {line}" for line in lines)


def find(pid: int | None, matches: Callable[[psutil.Process], bool]) -> psutil.Process | None:
    """The living process of that id, if it is the one we mean: ids are used again."""
    if not pid:
        return None
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE or not matches(process):
            return None
    except psutil.Error:
        return None
    return process


def end(process: psutil.Process, signals: Sequence[tuple[int, float]]) -> None:
    """Send each signal in turn and wait so many seconds for the process to end; returns when it is gone."""
    for number, seconds in signals:
        try:
            process.send_signal(number)
            process.wait(seconds)
        except psutil.NoSuchProcess:
            return
        except psutil.TimeoutExpired:
            continue
        return


def reap(child: subprocess.Popen[bytes] | None) -> None:
    """Collect the exit status of a child of ours that has ended, so that no zombie stays."""
    if child is not None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=0.5)


@contextlib.contextmanager
def locked(path: Path, *, patience: float = 120.0) -> Iterator[None]:
    """Hold the file's exclusive lock; raises EmbeddedError when others keep it for longer than `patience` seconds."""
    with lock_file(path) as handle:
        deadline = time.monotonic() + patience
        while not try_lock(handle, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise EmbeddedError(f"Another process has held {path} for {patience:.0f} s. End it and try again.")
            time.sleep(0.05)
        yield


def lock_file(path: Path) -> IO[bytes]:
    """The file opened for locking; made when missing, never emptied."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")


def try_lock(handle: IO[bytes], how: int) -> bool:
    """Take (or change to) fcntl.LOCK_SH or LOCK_EX without waiting; False when others are in the way."""
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


TERMINATE = [(signal.SIGTERM, 1.0), (signal.SIGKILL, 2.0)]
