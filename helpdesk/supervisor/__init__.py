"""`manage.py supervise`: everything a helpdesk needs, under one process.

Order of a start: this data folder's lock, leftovers of a killed supervisor, the port, the embedded services,
`manage.py prepare` (migrations, static files, demo), then web, worker, beat and sweep. It imports no Django, so that
it stays small and can give its children an environment in which the services' addresses are set.
"""

import signal
import sys
import time
from collections.abc import MutableMapping
from types import FrameType

from helpdesk.embedded import EmbeddedError, Services, data_folder, provide
from helpdesk.supervisor.children import Child, Crew
from helpdesk.supervisor.guard import Guard, check_port, end_leftovers
from helpdesk.supervisor.output import Output
from helpdesk.supervisor.plan import Plan, address, ready_line, web_answers

__all__ = ["run"]

READY_SECONDS = 60.0
SWEEP_SECONDS = 10.0  # by then it starts in any case: it does not need Redis, which may be why nothing gets ready
SERVICES_CHECK_SECONDS = 2.0


def run(environ: MutableMapping[str, str]) -> int:
    """Run until a signal; the exit status for the shell."""
    output = Output(sys.stdout)
    try:
        _follow_make(environ)
        return Supervisor(environ, output).run()
    except EmbeddedError as error:
        output.say(str(error), error=True)
        return 1


def _follow_make(environ: MutableMapping[str, str]) -> None:
    """Under `make run`, a killed make must not leave us behind."""
    if environ.pop("HELPDESK_UNDER_MAKE", "") and sys.platform.startswith("linux"):
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)


class Supervisor:
    """Starts, watches and stops the services and the children."""

    def __init__(self, environ: MutableMapping[str, str], output: Output) -> None:
        self.environ = environ
        self.output = output
        self.crew = Crew(output)
        self.services: Services | None = None
        self.stopping = False
        self._services_checked = time.monotonic()

    def run(self) -> int:
        """See the module."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        data = data_folder(self.environ)
        plan = Plan(self.environ, data)
        with Guard(data, address(self.environ)) as guard:
            end_leftovers(data, self.output.say)
            check_port(plan.bind, plan.port)
            try:
                return self._serve(plan)
            finally:
                guard.stopping()
                self._stop()

    def _serve(self, plan: Plan) -> int:
        self.services = provide(self.environ, supervised=True, say=self.output.say)
        if not self.stopping and (status := self._prepare(plan)):
            return status
        for child in plan.children():
            if not self.stopping:
                self.crew.start(child)
        began = time.monotonic()
        ready = swept = False
        while not self.stopping:
            self._watch()
            waited = time.monotonic() - began
            if not ready and web_answers(self.environ, plan):
                ready = True
                self.output.plain(ready_line(self.environ, plan))
            if not swept and (ready or waited > SWEEP_SECONDS):
                swept = True
                self.crew.start(plan.sweep())
            if not ready and waited > READY_SECONDS:
                began = time.monotonic()
                self.output.say("still not ready: the log above says why, and so does /health/", error=True)
        return 0

    def _watch(self) -> None:
        self.crew.pump(0.2)
        self.crew.restart_the_dead()
        self._watch_services()

    def _prepare(self, plan: Plan) -> int:
        """Migrations, static files and demo, in one process that ends; its exit status."""
        child = Child("prepare", plan.manage("prepare"), plan.child_environment())
        self.crew.start(child)
        while child.running and not self.stopping:
            self.crew.pump(0.1)
        self.crew.pump(0)
        status = child.status or 0
        if not self.stopping:
            self.crew.forget(child)
        return status

    def _watch_services(self) -> None:
        if self.services is None or time.monotonic() - self._services_checked < SERVICES_CHECK_SECONDS:
            return
        self._services_checked = time.monotonic()
        for name in self.services.gone():
            self.output.say(f"{name} has ended; starting it again", error=True)
            try:
                self.services.start(self.environ)
            except EmbeddedError as error:
                self.output.say(str(error), error=True)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _stop(self) -> None:
        """Within ten seconds: first those who take in work, then those who do it, then the services."""
        self.crew.stop(("prepare", "web", "beat"), patience=2.5)
        self.crew.stop(("sweep", "worker"), patience=2.5)
        if self.services:
            self.services.stop()
        self.output.say("stopped")
