"""The child processes: started, listened to, started again when they end, stopped with all their own children."""

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping

from helpdesk.embedded import CHECKOUT
from helpdesk.embedded.processes import die_with_parent
from helpdesk.supervisor.output import Output

SETTLED_SECONDS = 60.0
LONGEST_PAUSE = 30.0
READ_BYTES = 65_536
LONGEST_LINE = 100_000


class Child:
    """One process and how it has fared."""

    def __init__(self, name: str, argv: list[str], environ: Mapping[str, str]) -> None:
        self.name = name
        self.argv = argv
        self.environ = environ
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.restart_at: float | None = None
        self.failures = 0
        self.unfinished = b""

    @property
    def running(self) -> bool:
        """Whether the process lives; collects its exit status when it does not."""
        return self.process is not None and self.process.poll() is None

    @property
    def status(self) -> int | None:
        """Its exit status: negative for a signal, None while it runs."""
        return self.process.poll() if self.process else None

    def pause(self) -> float:
        """Seconds until the next start: longer each time, short again after a minute of good life."""
        if time.monotonic() - self.started_at > SETTLED_SECONDS:
            self.failures = 0
        self.failures += 1
        return min(float(2 ** (self.failures - 1)), LONGEST_PAUSE)

    def signal_group(self, number: int) -> None:
        """Signal the process and everything it started; each child leads a process group."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)


class Crew:
    """All children of the supervisor."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._children: list[Child] = []
        self._selector = selectors.DefaultSelector()

    def start(self, child: Child) -> None:
        """Start it (again). It dies when we do, in its own order (SIGTERM)."""
        if child not in self._children:
            self._children.append(child)
        child.process = subprocess.Popen(  # noqa: S603  our own commands
            child.argv,
            env=dict(child.environ),
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509
        )
        child.started_at = time.monotonic()
        child.restart_at = None
        assert child.process.stdout is not None  # noqa: S101
        os.set_blocking(child.process.stdout.fileno(), False)
        self._selector.register(child.process.stdout, selectors.EVENT_READ, child)

    def forget(self, child: Child) -> None:
        """It has done its work."""
        self._children.remove(child)

    def pump(self, timeout: float) -> None:
        """Pass on what they have written; wait at most `timeout` seconds for something."""
        for key, _ in self._selector.select(timeout):
            child: Child = key.data
            try:
                data = os.read(key.fd, READ_BYTES)
            except BlockingIOError:
                continue
            if not data:
                self._selector.unregister(key.fileobj)
                with contextlib.suppress(OSError):
                    key.fileobj.close()  # type: ignore[union-attr]
            self._print(child, data)

    def restart_the_dead(self) -> None:
        """Start those again that have ended, after a pause that grows."""
        for child in self._children:
            if child.running:
                continue
            if child.restart_at is None:
                pause = child.pause()
                child.restart_at = time.monotonic() + pause
                child.signal_group(signal.SIGKILL)  # what it may have left behind
                self._output.say(
                    f"{child.name} has ended ({_reason(child.status)}); again in {pause:.0f} s", error=True
                )
            elif time.monotonic() >= child.restart_at:
                self.start(child)

    def stop(self, names: Iterable[str], patience: float) -> None:
        """SIGTERM to those of these names, SIGKILL to their groups after `patience` seconds."""
        wanted = set(names)
        chosen = [child for child in self._children if child.name in wanted]
        for child in chosen:
            if child.running and child.process:
                with contextlib.suppress(ProcessLookupError):
                    child.process.terminate()
        deadline = time.monotonic() + patience
        while any(child.running for child in chosen) and time.monotonic() < deadline:
            self.pump(0.05)
        for child in chosen:
            child.signal_group(signal.SIGKILL)
            if child.process:
                child.process.wait()
        self.pump(0)

    def _print(self, child: Child, data: bytes) -> None:
        *lines, rest = (child.unfinished + data).split(b"\n")
        if len(rest) > LONGEST_LINE or (not data and rest):
            lines, rest = [*lines, rest], b""
        child.unfinished = rest
        for line in lines:
            self._output.line(child.name, line.decode(errors="replace").rstrip("\r"))


def _reason(status: int | None) -> str:
    if status is not None and status < 0:
        return signal.Signals(-status).name
    return f"exit status {status}"
