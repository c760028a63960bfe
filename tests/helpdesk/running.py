"""A helpdesk in real processes, with a data folder and a port of its own, for tests."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Helpdesk:
    """`manage.py supervise` in a folder; `account` are Popen's arguments for another user."""

    def __init__(self, data: Path, *, root: Path = ROOT, python: str = sys.executable, **account: Any) -> None:
        self.data = data
        self.root = root
        self.python = python
        self.account = account
        self.port = free_port()
        self.log = data.parent / f"{data.name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def environ(self) -> dict[str, str]:
        """Nothing of the tests' own services."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return kept | {
            "HELPDESK_DATA": str(self.data),
            "PORT": str(self.port),
            "HELPDESK_DEMO": "0",
            "HOME": str(self.data.parent),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a manage.py command to its end."""
        command = [self.python, str(self.root / "manage.py"), *words]
        return subprocess.run(
            command, env=self.environ, cwd="/", capture_output=True, text=True, timeout=90, check=False, **self.account
        )

    def start(self, patience: float = 90) -> None:
        """Start and wait for the line `ready:`."""
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [self.python, str(self.root / "manage.py"), "supervise"],
                env=self.environ,
                cwd="/",
                stdout=out,
                stderr=subprocess.STDOUT,
                **self.account,
            )
        deadline = time.monotonic() + patience
        while f"ready: http://localhost:{self.port}/" not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def end(self, number: int = signal.SIGTERM) -> float:
        """Signal the supervisor; the seconds until it had ended."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=20)
        return time.monotonic() - began

    def family(self) -> list[psutil.Process]:
        """Every process that has to do with the data folder."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE and self._ours(process):
                    found.append(process)
        return found

    def _ours(self, process: psutil.Process) -> bool:
        return process.environ().get("HELPDESK_DATA") == str(self.data) or str(self.data) in " ".join(process.cmdline())

    def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON of a page."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path, headers={"Host": f"localhost:{self.port}"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def clean_up(self) -> None:
        """Whatever happened: nothing stays."""
        if self.process is not None and self.process.poll() is None:
            self.end()
        for process in self.family():
            with contextlib.suppress(psutil.Error):
                process.kill()


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A short temporary folder that every account can pass."""
    made = Path(tempfile.mkdtemp(prefix="hd"))
    made.chmod(0o711)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
