"""Which children there are, with which arguments, and where they can be reached."""

import contextlib
import http.client
import json
import os
import sys
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from urllib.parse import urlsplit

from helpdesk.embedded import CHECKOUT
from helpdesk.embedded.processes import EmbeddedError
from helpdesk.supervisor.children import Child
from helpdesk.supervisor.guard import MARK


class Plan:
    """The children, from the environment: PORT, BIND, WEB_CONCURRENCY, WEB_THREADS, WORKER_CONCURRENCY."""

    def __init__(self, environ: MutableMapping[str, str], data: Path) -> None:
        self._environ = environ
        self._data = data
        self.bind = environ.get("BIND", "").strip() or "127.0.0.1"
        self.port = _number(environ, "PORT", 8000, 65535)
        self._processes = _number(environ, "WEB_CONCURRENCY", 2, 64)
        self._threads = _number(environ, "WEB_THREADS", 4, 256)
        self._worker_processes = _number(environ, "WORKER_CONCURRENCY", 2, 64)

    def manage(self, *words: str) -> list[str]:
        """A manage.py command line."""
        return [sys.executable, str(CHECKOUT / "manage.py"), *words]

    def child_environment(self) -> dict[str, str]:
        """Ours, with the services' addresses, and a mark by which a leftover is known."""
        return dict(self._environ) | {
            MARK: str(self._data),
            "PYTHONUNBUFFERED": "1",
            # a helpdesk on one machine, started as root: Celery's advice is printed at every start otherwise
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
            "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
        }

    def children(self) -> Iterator[Child]:
        """In the order of their start."""
        environ = self.child_environment()
        yield Child("web", self._web(), environ)
        yield Child("worker", self._worker(), environ)
        yield Child("beat", self._beat(), environ)

    def sweep(self) -> Child:
        """The guarantee behind Redis: it needs the database only. Not awaited, so it starts after the others."""
        return Child("sweep", self.manage("dispatch_events", "--forever", "--skip-checks"), self.child_environment())

    def _web(self) -> list[str]:
        host = f"[{self.bind}]" if ":" in self.bind else self.bind
        return [
            *(sys.executable, "-m", "gunicorn", "helpdesk.wsgi", "--bind", f"{host}:{self.port}"),
            *("--worker-class", "gthread", "--workers", str(self._processes), "--threads", str(self._threads)),
            *("--preload", "--no-control-socket", "--graceful-timeout", "3", "--timeout", "60"),
            *("--keep-alive", "5", "--log-level", "warning", *_memory_folder()),
        ]

    def _celery(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "celery", "-A", "helpdesk", "--quiet", *words, "--loglevel", "WARNING"]

    def _worker(self) -> list[str]:
        return self._celery(
            *("worker", "--concurrency", str(self._worker_processes), "--prefetch-multiplier", "1"),
            *("--without-gossip", "--without-mingle"),
        )

    def _beat(self) -> list[str]:
        return self._celery("beat", "--schedule", str(self._data / "run" / "beat-schedule"), "--pidfile", "")


def _memory_folder() -> list[str]:
    """gunicorn's signs of life belong in memory: a slow disk must not look like a hung worker."""
    return ["--worker-tmp-dir", "/dev/shm"] if os.access("/dev/shm", os.W_OK) else []  # noqa: S108


def _number(environ: MutableMapping[str, str], name: str, default: int, high: int) -> int:
    raw = environ.get(name, "").strip()
    if not raw:
        return default
    with contextlib.suppress(ValueError):
        if 1 <= int(raw) <= high:
            return int(raw)
    raise EmbeddedError(f"{name} is {raw!r}; it must be a whole number from 1 to {high}.")


def address(environ: MutableMapping[str, str]) -> str:
    """What people type, with a slash at the end."""
    port = environ.get("PORT", "").strip() or "8000"
    return (environ.get("SITE_URL", "").strip().rstrip("/") or f"http://localhost:{port}") + "/"


def web_answers(environ: MutableMapping[str, str], plan: Plan) -> bool:
    """Whether /health/ says that everything answers."""
    site = urlsplit(address(environ))
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(plan.bind, plan.bind)  # noqa: S104
    connection = http.client.HTTPConnection(host, plan.port, timeout=3)
    try:
        connection.request("GET", "/health/", headers={"Host": site.netloc, "X-Forwarded-Proto": site.scheme})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def ready_line(environ: MutableMapping[str, str], plan: Plan) -> str:
    """`ready:`, the address, and the demo's logins if `prepare` has left some."""
    line = f"ready: {address(environ)}"
    with contextlib.suppress(OSError, ValueError):
        logins = json.loads((Path(environ["HELPDESK_DATA"]) / "demo-logins.json").read_text())
        line += "  demo logins: " + ", ".join(f"{email} / {password}" for email, password in logins)
    return line
