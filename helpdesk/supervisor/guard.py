"""What is looked at before anything is started: one supervisor per data folder, no leftovers, a free port."""

import contextlib
import errno
import fcntl
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

from helpdesk.embedded.processes import EmbeddedError, lock_file, try_lock

MARK = "HELPDESK_SUPERVISED"
"""Environment variable of every child: the data folder it belongs to."""

PATIENCE_SECONDS = 1.5
STOPPING_SECONDS = 15.0


class Guard:
    """Holds the data folder's lock; the lock file tells others who does."""

    def __init__(self, data: Path, url: str) -> None:
        self._data = data
        self._url = url

    def __enter__(self) -> "Guard":
        folder = self._data / "run"
        try:
            for each in (self._data, folder):
                each.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = lock_file(folder / "supervisor.lock")
        except OSError as error:
            raise EmbeddedError(
                f"HELPDESK_DATA is {self._data}, which can't be used ({error.strerror}). Set it to a folder of yours."
            ) from error
        began = time.monotonic()
        while not try_lock(self._file, fcntl.LOCK_EX):
            holder = self._read()
            patience = STOPPING_SECONDS if holder.get("stopping") else PATIENCE_SECONDS
            if time.monotonic() - began > patience:
                raise EmbeddedError(
                    f"A helpdesk is running already with {self._data} (process {holder.get('pid', 'unknown')}, "
                    f"{holder.get('url', 'address unknown')}). Stop that one, or give this one a data folder and a "
                    "port of its own: HELPDESK_DATA=… PORT=…"
                )
            time.sleep(0.1)
        self._write(stopping=False)
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self._file.close()

    def stopping(self) -> None:
        """Tell the next one that waiting is worth it."""
        self._write(stopping=True)

    def _write(self, *, stopping: bool) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._file.write(json.dumps({"pid": os.getpid(), "url": self._url, "stopping": stopping}).encode())
        self._file.flush()

    def _read(self) -> dict[str, Any]:
        with contextlib.suppress(ValueError, OSError):
            self._file.seek(0)
            found = json.loads(self._file.read() or b"{}")
            return found if isinstance(found, dict) else {}
        return {}


def end_leftovers(data: Path, say: Callable[[str], None]) -> None:
    """End the children of a supervisor that was killed; called with the lock held, so there is no other one."""
    found = list(_marked(data))
    if not found:
        return
    say(f"ending {len(found)} processes that a killed supervisor left behind")
    for number, seconds in ((signal.SIGTERM, 1.5), (signal.SIGKILL, 3.0)):
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.send_signal(number)
        _, found = psutil.wait_procs(found, timeout=seconds)
        if not found:
            return


def _marked(data: Path) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == str(data) and process.pid != os.getpid():
                yield process


def check_port(bind: str, port: int) -> None:
    """Raise EmbeddedError when the port can't be had, with its number and the way out."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind.strip("[]"), port))
            probe.listen(1)
        except (OSError, OverflowError) as error:
            raise EmbeddedError(_why_not(bind, port, error)) from error


def _why_not(bind: str, port: int, error: Exception) -> str:
    if getattr(error, "errno", None) == errno.EADDRINUSE:
        return f"Port {port} is in use{_holder(port)}. Choose another one: make run PORT={port + 1}"
    if getattr(error, "errno", None) == errno.EACCES:
        return f"Port {port} is reserved for root. Choose one above 1023: make run PORT=8000"
    return f"Can't listen on {bind}, port {port} ({error}). Set BIND and PORT."


def _holder(port: int) -> str:
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    return ""
